import { randomUUID } from 'node:crypto';
import { validate } from 'class-validator';
import { Redis } from 'ioredis';
import { Customer, Item, LARGE_NOTE, orderArguments, SMALL_NOTE, validatedArguments } from './orders.js';
import {
  atRate,
  CONCURRENCY,
  cpuPerEvent,
  HANDLER_MS,
  IN_FLIGHT,
  perSecond,
  signal,
  type Round,
  type RoundResult,
  type Side,
} from './side.js';

type Fields = Record<string, unknown>;

/** What an expert writes by hand on the same client: pipelines of HSET and XADD, batches of XREADGROUP and HGETALL. */
export class HandWritten implements Side {
  readonly #writer: Redis;
  readonly #reader: Redis;
  #rounds = 0;

  constructor(url: string) {
    this.#writer = new Redis(url);
    this.#reader = new Redis(url);
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    if (!kind.startsWith('consume') && !kind.startsWith('keys')) return;
    for (let i = 0; i < events; i += IN_FLIGHT) await this.#append(streamOf(kind), argumentsOf(kind), i);
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'latency') return this.#latency(amount);
    if (kind.startsWith('keys')) return this.#concurrent(kind, amount);
    if (kind === 'idle') throw new Error('only our own side is measured idle');
    if (kind.startsWith('consume')) return this.#consume(kind, amount);
    return cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += IN_FLIGHT) await this.#append(streamOf(kind), argumentsOf(kind), i);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer.quit(), this.#reader.quit()]);
  }

  async #append(stream: string, make: (n: number) => Fields, from: number): Promise<void> {
    const made = Array.from({ length: IN_FLIGHT }, (_, i) => make(from + i));
    if (stream === streamOf('append-validated')) await Promise.all(made.map(checked));
    const pipeline = this.#writer.pipeline();
    for (const fields of made) {
      const id = randomUUID();
      const hash: string[] = [];
      for (const name in fields) hash.push(name, JSON.stringify(fields[name]));
      pipeline.hset(`${stream}:event:${id}`, ...hash);
      pipeline.xadd(stream, '*', 'id', id, 'type', 'placed');
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  }

  async #consume(kind: Round['kind'], events: number): Promise<RoundResult> {
    const stream = streamOf(kind);
    const group = `round-${++this.#rounds}`;
    await this.#reader.xgroup('CREATE', stream, group, '0');
    let seen = 0;
    return cpuPerEvent(events, () =>
      this.#loop(
        stream,
        group,
        kind === 'consume-validated',
        () => ++seen === events,
        () => undefined,
      ),
    );
  }

  async #loop(
    stream: string,
    group: string,
    validated: boolean,
    last: () => boolean,
    handle: (fields: Fields) => void,
  ): Promise<void> {
    for (let done = false; !done;) {
      const reply = (await this.#reader.xreadgroup(
        'GROUP',
        group,
        'me',
        'COUNT',
        100,
        'BLOCK',
        1000,
        'STREAMS',
        stream,
        '>',
      )) as [string, [string, string[]][]][] | null;
      const entries = reply?.[0]?.[1] ?? [];
      if (entries.length === 0) continue;
      const pipeline = this.#reader.pipeline();
      for (const [, [, id]] of entries) pipeline.hgetall(`${stream}:event:${id}`);
      const hashes = (await pipeline.exec()) ?? [];
      for (const [error, hash] of hashes) {
        if (error) throw error;
        const fields: Fields = {};
        for (const [name, text] of Object.entries(hash as Record<string, string>)) fields[name] = JSON.parse(text);
        fields['at'] = new Date(fields['at'] as string);
        if (validated) await checked(revived(fields));
        handle(fields);
        done = last() || done;
      }
      await this.#reader.xack(stream, group, ...entries.map(([id]) => id));
    }
  }

  /** As many handlers at a time as allowed, whatever their keys; one acknowledgement for each batch that was read. */
  async #concurrent(kind: Round['kind'], events: number): Promise<RoundResult> {
    const stream = streamOf(kind);
    const group = `round-${++this.#rounds}`;
    await this.#reader.xgroup('CREATE', stream, group, '0');
    let free = CONCURRENCY;
    let wake: () => void = () => undefined;
    const handle = async () => {
      await new Promise((resolve) => setTimeout(resolve, HANDLER_MS));
      free += 1;
      wake();
    };
    return perSecond(events, async () => {
      const acknowledged: Promise<unknown>[] = [];
      for (let read = 0; read < events;) {
        const entries = await this.#read(stream, group);
        read += entries.length;
        const handled: Promise<void>[] = [];
        while (handled.length < entries.length) {
          while (free === 0) await new Promise<void>((resolve) => (wake = resolve));
          free -= 1;
          handled.push(handle());
        }
        const ids = entries.map(([id]) => id);
        acknowledged.push(Promise.all(handled).then(() => this.#writer.xack(stream, group, ...ids)));
      }
      await Promise.all(acknowledged);
    });
  }

  async #read(stream: string, group: string): Promise<readonly [string, string[]][]> {
    const from = ['STREAMS', stream, '>'] as const;
    const reply = await this.#reader.xreadgroup('GROUP', group, 'me', 'COUNT', 100, 'BLOCK', 1000, ...from);
    const entries = (reply as [string, [string, string[]][]][] | null)?.[0]?.[1] ?? [];
    const pipeline = this.#reader.pipeline();
    for (const [, [, id]] of entries) pipeline.hgetall(`${stream}:event:${id}`);
    for (const [error, hash] of (await pipeline.exec()) ?? []) {
      if (error) throw error;
      for (const text of Object.values(hash as Record<string, string>)) JSON.parse(text);
    }
    return entries;
  }

  async #latency(ms: number): Promise<RoundResult> {
    const stream = `hand:latency:${++this.#rounds}`;
    await this.#reader.xgroup('CREATE', stream, 'g', '0', 'MKSTREAM');
    const latencies: number[] = [];
    const total = Math.floor((ms / 1000) * 500);
    const finished = signal();
    const reading = this.#loop(
      stream,
      'g',
      false,
      () => latencies.length === total,
      (fields) => {
        latencies.push((performance.now() - Number(fields['amount'])) * 1000);
        if (latencies.length === total) finished.fire();
      },
    );
    const result = await cpuPerEvent(total, async () => {
      await atRate(ms, (n) => {
        const [order, customer, note, , at] = orderArguments(n, SMALL_NOTE);
        const id = randomUUID();
        const hash = { order, customer, note, amount: performance.now(), at };
        const pipeline = this.#writer.pipeline();
        pipeline.hset(
          `${stream}:event:${id}`,
          ...Object.entries(hash).flatMap(([name, value]) => [name, JSON.stringify(value)]),
        );
        pipeline.xadd(stream, '*', 'id', id, 'type', 'placed');
        void pipeline.exec();
      });
      await finished.fired;
    });
    await reading;
    return { ...result, latencies };
  }
}

function streamOf(kind: Round['kind']): string {
  return `hand:${kind.replace('append-validated', 'validated').replace('consume-validated', 'validated').replace('consume', 'append')}`;
}

function argumentsOf(kind: Round['kind']): (n: number) => Fields {
  if (kind.endsWith('validated')) {
    return (n) => {
      const [customer, item, at] = validatedArguments(n);
      return { customer, item, at };
    };
  }
  const length = kind === 'append-large' ? LARGE_NOTE : SMALL_NOTE;
  return (n) => {
    const [order, customer, note, amount, at] = orderArguments(n, length);
    return { order, customer, note, amount, at };
  };
}

function revived(fields: Fields): Fields {
  return {
    ...fields,
    customer: Object.assign(new Customer(), fields['customer']),
    item: Object.assign(new Item(), fields['item']),
  };
}

async function checked(fields: Fields): Promise<void> {
  for (const value of [fields['customer'], fields['item']]) {
    const errors = await validate(value as object);
    if (errors.length > 0) throw new Error('invalid');
  }
}
