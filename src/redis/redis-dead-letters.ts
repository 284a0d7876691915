import { BackboneError, type DeadLetter, type DeadLetterAdmin, type ReadEvent, type Stream } from '../core/index.js';
import { letterPlace, readDeadLetter, type LetterPlace } from './dead-letters.js';
import { fetchFields } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { currentGroupName } from './redis-group.js';
import { redriveLetters } from './redrive.js';
import { letterKeys, REMOVE } from './scripts/letters.js';

/** Does something on the partitions of a stream once the server is there, and fails in words that say what to do. */
export type OnPartitions = <T>(
  stream: Stream,
  work: (on: RedisConnection, partitions: readonly StreamKeys[]) => Promise<T>,
) => Promise<T>;

const DEFAULT_LIMIT = 100;

/** The dead letters of the groups of a stream on Redis: partition by partition, each in the order it was filled. */
export class RedisDeadLetters implements DeadLetterAdmin {
  readonly #on: OnPartitions;
  readonly #maxEventBytes: number;

  constructor(on: OnPartitions, maxEventBytes: number) {
    this.#on = on;
    this.#maxEventBytes = maxEventBytes;
  }

  list(
    stream: Stream,
    group: string,
    { after, limit = DEFAULT_LIMIT }: { after?: string; limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    return this.#on(stream, async (on, partitions) => {
      const from = after === undefined ? undefined : letterPlace(after);
      if (after !== undefined && !from)
        throw new BackboneError('EB_ARGUMENT', '`after` is not the id of a dead letter');
      const letters: DeadLetter[] = [];
      for (const keys of partitions) {
        const { partition } = keys;
        if (letters.length >= limit) break;
        if (from && partition < from.partition) continue;
        const start = from?.partition === partition ? `(${from.id}` : '-';
        const call = on.client.xrange(keys.dead(group), start, '+', 'COUNT', limit - letters.length);
        const entries = await on.within(call);
        letters.push(...entries.map((entry) => readDeadLetter(stream, group, partition, entry)));
      }
      return letters;
    });
  }

  show(stream: Stream, group: string, id: string): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined> {
    return this.#on(stream, async (on, partitions) => {
      const place = letterPlace(id);
      const keys = partitions.find(({ partition }) => partition === place?.partition);
      if (!keys || !place) return undefined;
      const [entry] = await on.within(on.client.xrange(keys.dead(group), place.id, place.id));
      if (!entry) return undefined;
      const letter = readDeadLetter(stream, group, keys.partition, entry);
      const at = letter.position.id;
      const entries = await on.within(on.client.xrange(keys.stream, at, at));
      const found = entries.map((one) => ({ entry: one, deliveries: 0 }));
      const source = { connection: on, keys, maxEventBytes: this.#maxEventBytes };
      const [event]: readonly ReadEvent[] = await fetchFields(source, found, () => true);
      return { letter, event };
    });
  }

  redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return this.#each(stream, ids, async (connection, keys, own) => {
      const groupName = await currentGroupName(connection, keys, group);
      return redriveLetters({ connection, keys, group, groupName }, own);
    });
  }

  remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return this.#each(stream, ids, async (on, keys, own) => Number(await on.run(REMOVE, letterKeys(keys, group), own)));
  }

  /** Does something in each partition that has some of the letters; returns the sum. */
  #each(
    stream: Stream,
    ids: readonly string[],
    work: (on: RedisConnection, keys: StreamKeys, own: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const places = [...new Set(ids)].map(letterPlace).filter((place): place is LetterPlace => place !== undefined);
    return this.#on(stream, async (on, partitions) => {
      let sum = 0;
      for (const keys of partitions) {
        const own = places.filter(({ partition }) => partition === keys.partition).map(({ id }) => id);
        if (own.length > 0) sum += await work(on, keys, own);
      }
      return sum;
    });
  }
}
