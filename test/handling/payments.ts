import { Injectable } from '@nestjs/common';
import {
  ContractEvent,
  EventBatchHandler,
  EventHandler,
  EventsContract,
  HandlerDefaults,
  Key,
  NonRetryableError,
  type EventBatch,
  type EventContext,
} from 'nest-event-backbone';

@EventsContract('payments')
export class Payments {
  @ContractEvent()
  booked(@Key() account: string, amount: number) {
    return { account, amount };
  }

  @ContractEvent()
  exported(@Key() account: string, file: string) {
    return { account, file };
  }
}

@Injectable()
@HandlerDefaults({ retry: { attempts: 6, maxDelayMs: 30_000 }, timeoutMs: 10_000 })
export class Bank {
  @EventHandler(Payments, (e) => e.booked, { retry: { retryIf: (error) => !(error instanceof RangeError) } })
  async book(account: string, amount: number, { signal, attempt }: EventContext): Promise<void> {
    if (amount <= 0) throw new NonRetryableError('an amount must be positive');
    await fetch(`https://bank.example/${account}?try=${attempt}`, { method: 'POST', signal });
  }
}

@Injectable()
export class Statements {
  @EventBatchHandler(Payments, (e) => e.booked, { group: 'statements', maxSize: 500, maxWaitMs: 50 })
  async store(batch: EventBatch<Payments, 'booked'>): Promise<void> {
    const rows = batch.map(({ args: [account, amount], context }) => ({ id: context.id, account, amount }));
    const refused = await this.insert(rows);
    for (const item of batch) if (refused.has(item.context.id)) item.fail(new Error('the row was refused'));
  }

  protected insert(rows: readonly { readonly id: string }[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(rows.length > 500 ? rows.map(({ id }) => id) : []));
  }
}

@Injectable()
export class Exports {
  readonly #open = new Map<string, EventContext>();

  @EventHandler(Payments, (e) => e.exported, { ack: 'manual', timeoutMs: 60_000 })
  begin(_account: string, file: string, context: EventContext): void {
    this.#open.set(file, context);
  }

  /** Called by the upload when it is over. */
  end(file: string, error?: Error): void {
    const context = this.#open.get(file);
    this.#open.delete(file);
    if (error) context?.fail(error);
    else context?.ack();
  }
}
