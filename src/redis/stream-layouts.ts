import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError, type Stream } from '../core/index.js';
import { backOffMs } from './back-off.js';
import { streamKeys, type StreamKeys } from './keys.js';
import { otherLayout } from './partition-layout.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError, failureKind, failureReason } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';
import { ENSURE_LAYOUT } from './scripts/partition.js';

const MAX_KNOWN_STREAMS = 1_000;

/** Knows the partitions of streams. */
export class StreamLayouts {
  readonly #connections: RedisConnections;
  readonly #settings: RedisSettings;
  readonly #single = new Map<string, StreamKeys>();
  readonly #agreed = new Map<string, Promise<readonly StreamKeys[]>>();

  constructor(connections: RedisConnections, settings: RedisSettings) {
    this.#connections = connections;
    this.#settings = settings;
  }

  /** The keys of a stream that is not split. */
  single(stream: Stream): StreamKeys {
    return remembered(this.#single, stream, () => streamKeys(this.#settings.prefix, stream, 0));
  }

  /**
   * The partitions of a stream as they stand on the server, those included that its keys do not go to any more. Changes
   * nothing and agrees with everything.
   */
  async found(stream: Stream): Promise<readonly StreamKeys[]> {
    const { main } = this.#connections;
    if (!(await main.ready(this.#settings.commandTimeoutMs))) {
      throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    }
    const single = this.single(stream);
    const { partitions, max } = await main.within(main.client.hgetall(single.layout));
    return partitions === undefined ? [single] : this.#keysOf(stream, Number(partitions), Number(max ?? partitions));
  }

  /**
   * The partitions of a stream that this channel is to split, after making sure that everybody splits it alike.
   * Whoever asks first is answered first.
   *
   * @throws BackboneError `EB_CHANNEL` when the stream has another number, `EB_NOT_STORED` when the server is away.
   */
  async agreed(
    stream: Stream,
    deadline = Date.now() + this.#settings.publishTimeoutMs,
  ): Promise<readonly StreamKeys[]> {
    const asked = remembered(this.#agreed, stream, () => this.#agree(stream));
    try {
      return await asked;
    } catch (error) {
      if (this.#agreed.get(nameOf(stream)) === asked) this.forget(stream);
      // Somebody who came before has waited long enough, this caller has not.
      if (failureKind(error) !== 'unsent' || Date.now() >= deadline) throw error;
      return this.agreed(stream, deadline);
    }
  }

  /** Asks the server again when the stream's partitions are needed next. */
  forget(stream: Stream): void {
    this.#agreed.delete(nameOf(stream));
  }

  async #agree(stream: Stream): Promise<readonly StreamKeys[]> {
    const deadline = Date.now() + this.#settings.publishTimeoutMs;
    const { main } = this.#connections;
    let reason = 'Redis cannot be reached';
    for (let attempt = 1; await main.ready(deadline - Date.now()); attempt += 1) {
      try {
        return await this.#agreeOnce(main, stream);
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'fatal' || kind === 'full') throw channelError('reading the partitions of a stream', error);
        reason = failureReason(error);
      }
      await sleep(backOffMs(attempt));
    }
    throw new BackboneError('EB_NOT_STORED', `nothing was stored: ${reason}`);
  }

  async #agreeOnce(main: RedisConnection, stream: Stream): Promise<readonly StreamKeys[]> {
    const expected = this.#settings.partitionsOf?.(stream.contract) ?? 1;
    const ensure = async (keys: StreamKeys, highest: number, which: 'first' | 'other') => {
      const reply = await main.run(ENSURE_LAYOUT, [keys.layout, keys.stream], [expected, highest, which]);
      const [actual = expected, max = highest] = (reply as [string, string]).map(Number);
      if (actual !== expected) throw otherLayout(keys.stream, actual, expected);
      return max;
    };
    const [first] = this.#keysOf(stream, expected, 1);
    // Partition 0 decides between two who come with different numbers.
    const max = first ? await ensure(first, expected, 'first') : expected;
    const all = this.#keysOf(stream, expected, max);
    await Promise.all(all.slice(1).map((keys) => ensure(keys, max, 'other')));
    return all;
  }

  #keysOf(stream: Stream, partitions: number, max: number): readonly StreamKeys[] {
    const { prefix } = this.#settings;
    return Array.from({ length: max }, (_, partition) => streamKeys(prefix, stream, partition, partitions));
  }
}

function nameOf({ environment, contract }: Stream): string {
  return `${environment}:${contract}`;
}

function remembered<T>(known: Map<string, T>, stream: Stream, make: () => T): T {
  const name = nameOf(stream);
  let value = known.get(name);
  if (value === undefined) {
    value = make();
    // Environments may come and go without end.
    if (known.size >= MAX_KNOWN_STREAMS) known.clear();
    known.set(name, value);
  }
  return value;
}
