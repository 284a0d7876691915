import { Controller, Module, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  EventPattern,
  Payload,
  Transport,
  type KafkaOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { kafkaClient, prepareTopic, someOrders } from './kafka-topic.js';
import { cpuPerEvent, IN_FLIGHT, SLOW_MS, steadyState, type Round, type RoundResult, type Side } from './side.js';

@Module({})
class BenchModule {}

/** The same work on `@nestjs/microservices`, as its documentation shows it. */
export class KafkaNest implements Side {
  readonly #brokers: string;
  readonly #client: ClientKafka;
  #rounds = 0;

  constructor(brokers: string) {
    this.#brokers = brokers;
    this.#client = new ClientKafka({ client: { brokers: brokers.split(',') }, producerOnlyMode: true });
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    await prepareTopic(kafkaClient(this.#brokers), topicOf(kind), kind, events);
    if (kind === 'kafka-produce') await this.#client.connect();
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'kafka-produce') return cpuPerEvent(amount, () => this.#produce(kind, amount));
    return this.#consume(kind, amount);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #produce(kind: Round['kind'], events: number): Promise<void> {
    for (let i = 0; i < events; i += IN_FLIGHT) {
      const sent = someOrders(i, kind).map((order) => lastValueFrom(this.#client.emit(topicOf(kind), order)));
      await Promise.all(sent);
    }
  }

  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const { count, result } = steadyState(events);
    const application = await this.#open(listener(topicOf(kind), handlerOf(kind, count)), kind);
    const measured = await result;
    await application.close();
    return measured;
  }

  async #open(controller: Type, kind: Round['kind']): Promise<INestMicroservice> {
    const options: KafkaOptions = {
      transport: Transport.KAFKA,
      options: {
        client: { brokers: this.#brokers.split(',') },
        consumer: { groupId: `nest-${kind}-${++this.#rounds}`, maxWaitTimeInMs: 200 },
        subscribe: { fromBeginning: true },
      },
    };
    const module = { module: BenchModule, controllers: [controller] };
    const application = await NestFactory.createMicroservice<MicroserviceOptions>(module, options);
    await application.listen();
    return application;
  }
}

/** A topic of a pattern must be known where the class is written. */
function listener(topic: string, handle: (order: object) => void | Promise<void>): Type {
  @Controller()
  class Listener {
    @EventPattern(topic)
    placed(@Payload() order: object): void | Promise<void> {
      return handle(order);
    }
  }
  return Listener;
}

function handlerOf(kind: Round['kind'], count: () => void): () => void | Promise<void> {
  if (kind !== 'kafka-slow') return count;
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    count();
  };
}

function topicOf(kind: Round['kind']): string {
  return `nest.${kind}`;
}
