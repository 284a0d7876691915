import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventBackboneModule, EventHandler, getProducerToken, type Producer } from 'nest-event-backbone';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { keyOf, partitionsOf } from './kafka-topic.js';
import { orderArguments, Orders, SMALL_NOTE } from './orders.js';
import { cpuPerEvent, IN_FLIGHT, SLOW_MS, steadyState, type Round, type RoundResult, type Side } from './side.js';

/** What the handler does with an event; set by the round that runs. */
@Injectable()
class Seen {
  next: (at: Date) => void | Promise<void> = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Orders, (e) => e.placed)
  placed(_order: string, _customer: string, _note: string, _amount: number, at: Date): void | Promise<void> {
    return this.seen.next(at);
  }
}

@Module({})
class BenchModule {}

/** The library on Kafka, with the arguments in the record. */
export class KafkaBackbone implements Side {
  readonly #brokers: string;
  #producing: INestApplicationContext | undefined;
  #rounds = 0;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    this.#producing = await this.#open(kind, 'none', () => undefined);
    if (kind === 'kafka-produce') return;
    await this.#produce(kind, events);
    await this.#producing.close();
    this.#producing = undefined;
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'kafka-produce') return cpuPerEvent(amount, () => this.#produce(kind, amount));
    return this.#consume(kind, amount);
  }

  async close(): Promise<void> {
    await this.#producing?.close();
  }

  async #produce(kind: Round['kind'], events: number): Promise<void> {
    if (!this.#producing) throw new Error('not prepared');
    const producer = this.#producing.get<Producer<Orders>>(getProducerToken(Orders));
    for (let i = 0; i < events; i += IN_FLIGHT) {
      const calls: Promise<unknown>[] = [];
      for (let n = i; n < i + IN_FLIGHT; n += 1) {
        const key = keyOf(n, kind);
        const one = key === undefined ? producer : producer.$with({ key });
        calls.push(one.placed(...orderArguments(n, SMALL_NOTE)));
      }
      await Promise.all(calls);
    }
  }

  /** Every round is a group of its own, as it is for the other sides. */
  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const { count, result } = steadyState(events);
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      count();
    };
    const application = await this.#open(kind, 'all', kind === 'kafka-slow' ? slow : count);
    const measured = await result;
    await application.close();
    return measured;
  }

  async #open(kind: Round['kind'], consumers: 'all' | 'none', next: Seen['next']): Promise<INestApplicationContext> {
    const application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          channel: kafkaChannel({
            brokers: this.#brokers.split(','),
            payloads: 'record',
            partitions: partitionsOf(kind),
          }),
          group: `bench-${++this.#rounds}`,
          environment: kind,
          consumers,
          consumer: { concurrency: 32 },
        }),
        EventBackboneModule.forFeature([Orders]),
      ],
      providers: [{ provide: Seen, useValue: Object.assign(new Seen(), { next }) }, Handlers],
    });
    return application.enableShutdownHooks();
  }
}
