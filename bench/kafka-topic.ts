import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { orderArguments, SMALL_NOTE } from './orders.js';
import { IN_FLIGHT, SLOW_KEYS, type Round } from './side.js';

/** A client that says nothing. */
export function kafkaClient(brokers: string): Kafka {
  return new kafkajs.Kafka({
    clientId: 'bench',
    brokers: brokers.split(','),
    // A group that nobody has asked for before is made at once, and the first answer says so as an error.
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

/** A producer that keeps what it was told: every replica confirms, nothing twice, nothing out of order. */
export function safeProducer(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
}

/** Makes a topic and, for rounds that read, puts events into it. */
export async function prepareTopic(kafka: Kafka, topic: string, kind: Round['kind'], events: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitionsOf(kind) }], waitForLeaders: true });
  await admin.disconnect();
  if (kind === 'kafka-produce') return;
  const producer = safeProducer(kafka);
  await producer.connect();
  for (let i = 0; i < events; i += IN_FLIGHT) await producer.send({ topic, messages: someOrders(i, kind) });
  await producer.disconnect();
}

/** As many orders as travel together, the way one writes them by hand: JSON, a key, and headers that say what it is. */
export function someOrders(from: number, kind: Round['kind']): Message[] {
  return Array.from({ length: IN_FLIGHT }, (_, i) => {
    const [order, customer, note, amount, at] = orderArguments(from + i, SMALL_NOTE);
    const id = crypto.randomUUID();
    return {
      key: keyOf(from + i, kind) ?? id,
      value: JSON.stringify({ order, customer, note, amount, at }),
      headers: { id, type: 'placed' },
    };
  });
}

/** The key of the n-th event, where the round asks for few of them. */
export function keyOf(n: number, kind: Round['kind']): string | undefined {
  return kind === 'kafka-slow' ? `key-${n % SLOW_KEYS}` : undefined;
}

/** What is read comes from one partition: the reads are then small beside the round. */
export function partitionsOf(kind: Round['kind']): number {
  return kind === 'kafka-produce' ? 6 : 1;
}
