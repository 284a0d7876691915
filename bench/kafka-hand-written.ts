import type { Consumer, Kafka, Producer } from 'kafkajs';
import { kafkaClient, prepareTopic, safeProducer, someOrders } from './kafka-topic.js';
import { cpuPerEvent, IN_FLIGHT, SLOW_MS, steadyState, type Round, type RoundResult, type Side } from './side.js';

/** What an expert writes by hand on the same client: batches of 64, `eachBatch` for speed, `eachMessage` for order. */
export class KafkaHandWritten implements Side {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  #rounds = 0;

  constructor(brokers: string) {
    this.#kafka = kafkaClient(brokers);
    this.#producer = safeProducer(this.#kafka);
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    await prepareTopic(this.#kafka, topicOf(kind), kind, events);
    if (kind === 'kafka-produce') await this.#producer.connect();
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'kafka-produce') return cpuPerEvent(amount, () => this.#produce(kind, amount));
    return this.#consume(kind, amount);
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #produce(kind: Round['kind'], events: number): Promise<void> {
    const topic = topicOf(kind);
    for (let i = 0; i < events; i += IN_FLIGHT) {
      await this.#producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: someOrders(i, kind) }] });
    }
  }

  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const consumer = this.#kafka.consumer({ groupId: `hand-${kind}-${++this.#rounds}`, maxWaitTimeInMs: 200 });
    await consumer.connect();
    await consumer.subscribe({ topic: topicOf(kind), fromBeginning: true });
    const { count, result } = steadyState(events);
    await (kind === 'kafka-slow' ? oneByOne(consumer, count) : inBatches(consumer, count));
    const measured = await result;
    await consumer.disconnect();
    return measured;
  }
}

function inBatches(consumer: Consumer, count: () => void): Promise<void> {
  return consumer.run({
    eachBatch: (payload) => {
      for (const { value, offset } of payload.batch.messages) {
        parsed(value);
        count();
        payload.resolveOffset(offset);
      }
      return Promise.resolve();
    },
  });
}

function oneByOne(consumer: Consumer, count: () => void): Promise<void> {
  return consumer.run({
    eachMessage: async ({ message: { value } }) => {
      parsed(value);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      count();
    },
  });
}

function parsed(value: Buffer | null): Record<string, unknown> {
  const order = JSON.parse(value?.toString() ?? '') as Record<string, unknown>;
  order['at'] = new Date(order['at'] as string);
  return order;
}

function topicOf(kind: Round['kind']): string {
  return `hand.${kind}`;
}
