import { Injectable, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  EventBackboneModule,
  EventHandler,
  getChannelToken,
  getProducerToken,
  type Producer,
} from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { LARGE_NOTE, orderArguments, Orders, SMALL_NOTE, ValidatedOrders, validatedArguments } from './orders.js';
import {
  atRate,
  CONCURRENCY,
  cpuPerEvent,
  HANDLER_MS,
  IN_FLIGHT,
  signal,
  type Round,
  type RoundResult,
  type Side,
} from './side.js';

/** What the handlers do with an event; set by the round that runs. */
@Injectable()
class Seen {
  next: (sentAt: number) => void | Promise<void> = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Orders, (e) => e.placed)
  placed(_order: string, _customer: string, _note: string, amount: number): void | Promise<void> {
    return this.seen.next(amount);
  }
}

@Injectable()
class ValidatedHandlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(ValidatedOrders, (e) => e.placed)
  placed(): void | Promise<void> {
    return this.seen.next(0);
  }
}

@Module({})
class BenchModule {
  static with(url: string, environment: string, consumers: 'all' | 'none', next: Seen['next']): DynamicModule {
    const handlers = environment.endsWith('validated') ? ValidatedHandlers : Handlers;
    return {
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: redisChannel({ url, partitions: numberIn(environment, 'partitions') }),
          group: 'bench',
          environment,
          consumers,
          consumer: environment.includes('keys') ? { concurrency: CONCURRENCY } : {},
        }),
        EventBackboneModule.forFeature([Orders, ValidatedOrders]),
      ],
      providers: [{ provide: Seen, useValue: Object.assign(new Seen(), { next }) }, handlers],
    };
  }
}

/** The number behind a word of a round's name. */
function numberIn(name: string, word: string): number | undefined {
  const found = new RegExp(`${word}-(\\d+)`).exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The library, used as an application uses it. */
export class Backbone implements Side {
  #application: INestApplicationContext | undefined;
  #environment = 'bench';

  constructor(private readonly url: string) {}

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    const readsBack = /^(consume|keys|partitions)/.test(kind);
    const consuming = readsBack || kind === 'latency' || kind === 'idle';
    this.#environment = `bench-${kind}`;
    if (readsBack) {
      await this.#open('none');
      for (let i = 0; i < events; i += IN_FLIGHT) await this.#append(kind, i);
      await this.#application?.close();
    }
    const caughtUp = signal();
    let seen = 0;
    await this.#open(consuming ? 'all' : 'none', () => {
      if (++seen === events) caughtUp.fire();
    });
    if (readsBack) await caughtUp.fired;
  }

  async run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'latency') return this.#latency(amount);
    if (kind === 'idle') return this.#idle(amount);
    if (kind === 'backlog') return this.#backlog(amount);
    if (/^(consume|keys|partitions)/.test(kind)) return this.#consume(kind, amount);
    return cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += IN_FLIGHT) await this.#append(kind, i);
    });
  }

  async close(): Promise<void> {
    await this.#application?.close();
  }

  async #open(consumers: 'all' | 'none', next: (sentAt: number) => void = () => undefined): Promise<void> {
    const module = BenchModule.with(this.url, this.#environment, consumers, next);
    this.#application = await NestFactory.createApplicationContext(module);
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }

  async #append(kind: Round['kind'], from: number): Promise<void> {
    const calls: Promise<unknown>[] = [];
    if (kind.endsWith('validated')) {
      const producer = this.#opened.get<Producer<ValidatedOrders>>(getProducerToken(ValidatedOrders));
      for (let i = 0; i < IN_FLIGHT; i += 1) calls.push(producer.placed(...validatedArguments(from + i)));
    } else {
      const producer = this.#opened.get<Producer<Orders>>(getProducerToken(Orders));
      const length = kind === 'append-large' ? LARGE_NOTE : SMALL_NOTE;
      const keys = numberIn(kind, 'keys');
      for (let i = 0; i < IN_FLIGHT; i += 1) {
        const one = keys === undefined ? producer : producer.$with({ key: `key-${(from + i) % keys}` });
        calls.push(one.placed(...orderArguments(from + i, length)));
      }
    }
    await Promise.all(calls);
  }

  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const contract = kind === 'consume-validated' ? 'bench-validated-orders' : 'bench-orders';
    const stream = { environment: this.#environment, contract };
    const channel = this.#opened.get<Channel>(getChannelToken());
    const finished = signal();
    let seen = 0;
    let began = 0;
    let ended = 0;
    const count = () => {
      if (++seen === 1) began = performance.now();
      if (seen < events) return;
      ended = performance.now();
      finished.fire();
    };
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, HANDLER_MS));
      count();
    };
    this.#opened.get(Seen).next = kind.startsWith('keys') ? slow : count;
    const result = await cpuPerEvent(events, async () => {
      await channel.admin.reset(stream, 'bench', 'beginning');
      await finished.fired;
    });
    // From the first event on: how soon a group goes on after a reset is another matter.
    return { ...result, perSecond: ((events - 1) * 1000) / (ended - began) };
  }

  async #latency(ms: number): Promise<RoundResult> {
    const producer = this.#opened.get<Producer<Orders>>(getProducerToken(Orders));
    const latencies: number[] = [];
    const total = Math.floor((ms / 1000) * 500);
    const finished = signal();
    this.#opened.get(Seen).next = (sentAt) => {
      latencies.push((performance.now() - sentAt) * 1000);
      if (latencies.length === total) finished.fire();
    };
    const result = await cpuPerEvent(total, async () => {
      await atRate(ms, (n) => {
        const [order, customer, note, , at] = orderArguments(n, SMALL_NOTE);
        void producer.placed(order, customer, note, performance.now(), at);
      });
      await finished.fired;
    });
    return { ...result, latencies };
  }

  /** Starts a consumer on what the append rounds have left in their stream. */
  async #backlog(events: number): Promise<RoundResult> {
    this.#environment = 'bench-append';
    const finished = signal();
    let seen = 0;
    return cpuPerEvent(events, async () => {
      await this.#open('all', () => {
        if (++seen === events) finished.fire();
      });
      await finished.fired;
    });
  }

  async #idle(ms: number): Promise<RoundResult> {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const { user, system } = process.cpuUsage(before);
    return { cpu: ((user + system) / 1000 / ms) * 100 };
  }
}
