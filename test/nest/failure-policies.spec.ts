import { Injectable } from '@nestjs/common';
import {
  DeadLetters,
  EventHandler,
  Key,
  ContractEvent,
  EventsContract,
  NonRetryableError,
  type Producer,
} from 'nest-event-backbone';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it, vi } from 'vitest';
import { startApplication } from './start-application.js';

@EventsContract('accounts')
class Accounts {
  @ContractEvent()
  booked(@Key() account: string, amount: number) {
    return { account, amount };
  }
}

@Injectable()
class Ledger {
  readonly booked: string[] = [];
  broken = true;

  @EventHandler(Accounts, (e) => e.booked)
  book(account: string, amount: number): void {
    if (this.broken && account === 'a' && amount === 2) throw new NonRetryableError('no');
    this.booked.push(`${account}${amount}`);
  }
}

async function withPolicy(onFailure: 'dead-letter' | 'park-key' | 'stop') {
  const channel = memoryChannel();
  const started = await startApplication({ providers: [Ledger] }, { channel, groups: { test: { onFailure } } });
  const accounts: Producer<Accounts> = started.backbone.producer(Accounts);
  for (const amount of [1, 2, 3]) for (const account of ['a', 'b']) await accounts.booked(account, amount);
  return { ...started, channel, ledger: started.app.get(Ledger), letters: started.app.get(DeadLetters) };
}

describe('an event that failed for good', () => {
  it('is set aside and lets the later ones of its key pass, by default', async () => {
    const { recorder, ledger, letters } = await withPolicy('dead-letter');
    await recorder.settled();
    expect(ledger.booked.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a3']);
    expect(await letters.list(Accounts)).toHaveLength(1);
  });

  it('holds back the later ones of its key with park-key, and no others; redriven they come in order', async () => {
    const { recorder, ledger, letters, backbone } = await withPolicy('park-key');
    await recorder.settled();
    expect(ledger.booked.filter((one) => one.startsWith('a'))).toEqual(['a1']);
    expect(ledger.booked.filter((one) => one.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    expect((await letters.list(Accounts)).map(({ kind }) => kind)).toEqual(['failed', 'parked']);
    const producer = backbone.producer(Accounts);
    await producer.booked('a', 4);
    await recorder.settled();
    expect(await backbone.groups()).toMatchObject([{ deadLetters: 3, parkedKeys: 1 }]);
    ledger.broken = false;
    await producer.booked('a', 5);
    const [{ id }] = (await letters.list(Accounts)) as unknown as [{ id: string }];
    await letters.redrive(Accounts, [id]);
    await producer.booked('a', 6);
    await recorder.settled();
    expect(ledger.booked.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(await backbone.groups()).toMatchObject([{ deadLetters: 0, parkedKeys: 0 }]);
  });

  it('stops the group with stop, and stays where it is', async () => {
    const { backbone, ledger, letters, logged } = await withPolicy('stop');
    await vi.waitFor(() => expect(backbone.states()).toMatchObject([{ status: 'failed' }]));
    expect(ledger.booked.filter((one) => one.startsWith('a'))).toEqual(['a1']);
    expect(await letters.list(Accounts)).toEqual([]);
    expect(logged.join('\n')).toMatch(/error the consumer .* has failed and reads no more: no/);
    await vi.waitFor(async () => expect((await backbone.groups())[0]?.consumer?.inFlight).toBe(0));
  });

  it('is refused a policy that the channel cannot keep', async () => {
    const channel = memoryChannel();
    Object.defineProperty(channel, 'supports', { value: { ...channel.supports, parkByKey: false } });
    const started = startApplication({ providers: [Ledger] }, { channel, consumer: { onFailure: 'park-key' } });
    await expect(started).rejects.toThrow(
      "EB_UNSUPPORTED: the channel cannot do what `consumer.onFailure: 'park-key'` needs: parkByKey",
    );
    const wrong = startApplication({ providers: [Ledger] }, { consumer: { onFailure: 'shrug' as 'stop' } });
    await expect(wrong).rejects.toThrow("`consumer.onFailure` must be one of 'dead-letter', 'park-key', 'stop'");
  });
});

describe('retention', () => {
  it('removes old events that every group has finished', async () => {
    let now = 0;
    const channel = memoryChannel({ now: () => now });
    const retention = { maxAgeMs: 60_000, everyMs: 5 };
    const { backbone, recorder, app } = await startApplication({ providers: [Ledger] }, { channel, retention });
    app.get(Ledger).broken = false;
    await backbone.producer(Accounts).booked('a', 1);
    now = Date.now();
    await backbone.producer(Accounts).booked('a', 2);
    await recorder.settled();
    const left = async () => {
      const ids: string[] = [];
      const stream = { environment: 'default', contract: 'accounts' };
      for await (const batch of channel.read({ stream })) ids.push(...batch.map(({ position }) => position.id));
      return ids;
    };
    await vi.waitFor(async () => expect(await left()).toHaveLength(1));
  });

  it.for<[string, object]>([
    ['retention: name maxAgeMs, maxEvents or both', {}],
    ['retention: everyMs must be a whole number', { maxAgeMs: 1, everyMs: 0 }],
    ['unknown option retention.maxAge', { maxAge: 1 }],
  ])('is refused where it makes no sense: %s', async ([message, retention]) => {
    await expect(startApplication({ providers: [Ledger] }, { retention })).rejects.toThrow(message);
  });
});
