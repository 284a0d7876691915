import { EventReader, type Channel, type Position, type Producer, type Reducer } from 'nest-event-backbone';
import { createProducer } from 'nest-event-backbone/core';
import { orderArguments, Orders, SMALL_NOTE } from './orders.js';
import { cpuPerEvent, IN_FLIGHT, perSecond, steadyState, type Round, type RoundResult, type Side } from './side.js';

const KEYS = 10_000;
const SNAPSHOT_EVERY = 1_000;

/** What the orders of a key come to. */
const TOTAL: Reducer<Orders, number> = {
  name: 'total',
  version: 1,
  initial: () => 0,
  on: { placed: (total, { args }) => total + args.amount },
};

/** The library's reader, on the server that the kind of the round names. */
export class HistoryBackbone implements Side {
  readonly #url: string;
  #channel: Channel | undefined;
  #environment = 'bench';

  constructor(url: string) {
    this.#url = url;
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    // What the append rounds have left in their stream is read by `history-memory`.
    this.#environment = kind === 'history-memory' ? 'bench-append' : `bench-${kind}`;
    this.#channel = await open(kind, this.#url);
    const producer = createProducer(Orders, {
      channel: this.#channel,
      environment: this.#environment,
      source: 'bench',
    });
    for (let i = 0; i < events; i += IN_FLIGHT) {
      const some = Array.from({ length: IN_FLIGHT }, (_, n) => place(kind, producer, i + n));
      await Promise.all(some);
    }
  }

  async run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'history-get') return this.#get(amount);
    if (kind === 'history-key') return this.#readKeys(amount);
    if (kind === 'history-fold') return this.#fold();
    if (kind === 'history-kafka') return this.#steadily(amount);
    if (kind === 'history-memory') return this.#readWhatIsThere();
    return perSecond(amount, async () => {
      const seen = await this.#readAll(kind === 'history-postgres' ? 500 : undefined);
      if (seen !== amount) throw new Error(`${seen} of ${amount} events were read`);
    });
  }

  async close(): Promise<void> {
    await this.#channel?.close();
  }

  get #opened(): Channel {
    if (!this.#channel) throw new Error('not prepared');
    return this.#channel;
  }

  #reader(channel = this.#opened): EventReader<Orders> {
    return new EventReader(Orders, { channel, environment: this.#environment });
  }

  async #readAll(batchSize?: number, next: () => void = () => undefined): Promise<number> {
    let seen = 0;
    for await (const { args } of this.#reader().events({ types: ['placed'], ...(batchSize && { batchSize }) })) {
      if (args.order !== '') seen += 1;
      next();
    }
    return seen;
  }

  /** `perSecond` is how many events there were. */
  async #readWhatIsThere(): Promise<RoundResult> {
    let seen = 0;
    const { cpu } = await cpuPerEvent(1, async () => void (seen = await this.#readAll()));
    return { cpu: cpu / seen, perSecond: seen };
  }

  /** Joining takes long, and as long for everybody. */
  async #steadily(events: number): Promise<RoundResult> {
    const { count, result } = steadyState(events);
    await this.#readAll(500, count);
    return result;
  }

  async #get(amount: number): Promise<RoundResult> {
    const reader = this.#reader();
    const positions: Position[] = [];
    for await (const { position } of reader.events({ fields: [] }))
      if (positions.length < amount) positions.push(position);
    const latencies: number[] = [];
    const result = await cpuPerEvent(amount, async () => {
      for (const position of positions) {
        const began = performance.now();
        const event = await reader.get(position);
        if (event?.args.order === undefined) throw new Error('there is no event');
        latencies.push((performance.now() - began) * 1000);
      }
    });
    return { ...result, latencies };
  }

  async #readKeys(amount: number): Promise<RoundResult> {
    const reader = this.#reader();
    const latencies: number[] = [];
    const result = await cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += 1) {
        const began = performance.now();
        let seen = 0;
        for await (const { args } of reader.events({ key: `key-${(i * 7919) % KEYS}` }))
          if (args.order !== '') seen += 1;
        if (seen === 0) throw new Error('the key has no event');
        latencies.push((performance.now() - began) * 1000);
      }
    });
    return { ...result, latencies };
  }

  /** Folds the stream with snapshots, and then again; `perSecond` is how many events the second one read. */
  async #fold(): Promise<RoundResult> {
    const { memoryPayloadStore } = await import('nest-event-backbone/memory');
    const inner = this.#opened;
    let read = 0;
    const counting: Channel = {
      supports: inner.supports,
      admin: inner.admin,
      publish: (...args) => inner.publish(...args),
      subscribe: (options) => inner.subscribe(options),
      close: () => inner.close(),
      async *read(options) {
        for await (const events of inner.read(options)) {
          read += events.length;
          yield events;
        }
      },
    };
    const reader = this.#reader(counting);
    const snapshots = { store: memoryPayloadStore(), every: SNAPSHOT_EVERY };
    const whole = await reader.fold(TOTAL, { key: 'one', snapshots });
    read = 0;
    const began = performance.now();
    const again = await reader.fold(TOTAL, { key: 'one', snapshots });
    if (again !== whole) throw new Error('the state is another one');
    return { cpu: NaN, perSecond: read, latencies: [(performance.now() - began) * 1000] };
  }
}

function place(kind: Round['kind'], producer: Producer<Orders>, n: number): Promise<unknown> {
  const key = kind === 'history-key' ? `key-${n % KEYS}` : kind === 'history-fold' ? 'one' : undefined;
  return (key === undefined ? producer : producer.$with({ key })).placed(...orderArguments(n, SMALL_NOTE));
}

/** Each process holds the code of its own channel only. */
async function open(kind: Round['kind'], url: string): Promise<Channel> {
  if (kind === 'history-kafka') {
    const { kafkaChannel } = await import('nest-event-backbone/kafka');
    return kafkaChannel({ brokers: url.split(','), payloads: 'record', partitions: 1 });
  }
  if (kind === 'history-postgres') {
    const { postgresChannel } = await import('nest-event-backbone/postgres');
    return postgresChannel({ url, schema: 'bench' });
  }
  const { redisChannel } = await import('nest-event-backbone/redis');
  return redisChannel({ url, keyIndex: kind === 'history-key' || kind === 'history-fold' });
}
