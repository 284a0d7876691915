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
import { atRate, cpuPerEvent, IN_FLIGHT, signal, type Round, type RoundResult, type Side } from './side.js';

/** What the handlers do with an event; set by the round that runs. */
@Injectable()
class Seen {
  next: (sentAt: number) => void = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Orders, (e) => e.placed)
  placed(_order: string, _customer: string, _note: string, amount: number): void {
    this.seen.next(amount);
  }
}

@Injectable()
class ValidatedHandlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(ValidatedOrders, (e) => e.placed)
  placed(): void {
    this.seen.next(0);
  }
}

@Module({})
class BenchModule {
  static with(url: string, environment: string, consumers: 'all' | 'none', next: Seen['next']): DynamicModule {
    const handlers = environment.endsWith('validated') ? ValidatedHandlers : Handlers;
    return {
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({ channel: redisChannel({ url }), group: 'bench', environment, consumers }),
        EventBackboneModule.forFeature([Orders, ValidatedOrders]),
      ],
      providers: [{ provide: Seen, useValue: Object.assign(new Seen(), { next }) }, handlers],
    };
  }
}

/** The library, used as an application uses it. */
export class Backbone implements Side {
  #application: INestApplicationContext | undefined;
  #environment = 'bench';

  constructor(private readonly url: string) {}

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    const consuming = kind.startsWith('consume') || kind === 'latency' || kind === 'idle';
    this.#environment = `bench-${kind}`;
    if (kind.startsWith('consume')) {
      await this.#open('none');
      for (let i = 0; i < events; i += IN_FLIGHT) await this.#append(kind, i);
      await this.#application?.close();
    }
    const caughtUp = signal();
    let seen = 0;
    await this.#open(consuming ? 'all' : 'none', () => {
      if (++seen === events) caughtUp.fire();
    });
    if (kind.startsWith('consume')) await caughtUp.fired;
  }

  async run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'latency') return this.#latency(amount);
    if (kind === 'idle') return this.#idle(amount);
    if (kind === 'backlog') return this.#backlog(amount);
    if (kind.startsWith('consume')) return this.#consume(kind, amount);
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
      for (let i = 0; i < IN_FLIGHT; i += 1) calls.push(producer.placed(...orderArguments(from + i, length)));
    }
    await Promise.all(calls);
  }

  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const contract = kind === 'consume-validated' ? 'bench-validated-orders' : 'bench-orders';
    const stream = { environment: this.#environment, contract };
    const channel = this.#opened.get<Channel>(getChannelToken());
    return this.#consumed(events, () => channel.admin.reset(stream, 'bench', 'beginning'));
  }

  async #consumed(events: number, begin: () => Promise<void>): Promise<RoundResult> {
    const finished = signal();
    let seen = 0;
    this.#opened.get(Seen).next = () => {
      if (++seen === events) finished.fire();
    };
    return cpuPerEvent(events, async () => {
      await begin();
      await finished.fired;
    });
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
