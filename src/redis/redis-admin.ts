import {
  BackboneError,
  isName,
  type ChannelAdmin,
  type Checkpoint,
  type DeadLetterAdmin,
  type GroupState,
  type ReadEvent,
  type Stream,
} from '../core/index.js';
import { readDeadLetter } from './dead-letters.js';
import { fetchFields } from './fetch-fields.js';
import { groupStates } from './group-state.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { channelError } from './redis-failure.js';
import { currentGroupName } from './redis-group.js';
import { RESET_GROUP } from './scripts/group.js';
import { ERASE, REDRIVE } from './scripts/upkeep.js';

/** What an operator does to a stream on Redis. */
export class RedisAdmin implements ChannelAdmin {
  readonly deadLetters: DeadLetterAdmin = {
    list: (stream, group, { after, limit = 100 } = {}) =>
      this.#on(stream, async (on, keys) => {
        const start = after === undefined ? '-' : `(${after}`;
        const entries = await on.within(on.client.xrange(keys.dead(group), start, '+', 'COUNT', limit));
        return entries.map((entry) => readDeadLetter(stream, group, entry));
      }),
    show: (stream, group, id) =>
      this.#on(stream, async (on, keys) => {
        const [entry] = await on.within(on.client.xrange(keys.dead(group), id, id));
        if (!entry) return undefined;
        const letter = readDeadLetter(stream, group, entry);
        const at = letter.position.id;
        const entries = await on.within(on.client.xrange(keys.stream, at, at));
        const found = entries.map((one) => ({ entry: one, deliveries: 0 }));
        const [event]: readonly ReadEvent[] = await fetchFields(on, keys, found, () => true);
        return { letter, event };
      }),
    redrive: (stream, group, ids) =>
      this.#on(stream, async (on, keys) => {
        const name = await currentGroupName(on, keys, group);
        return Number(await on.run(REDRIVE, [keys.stream, keys.dead(group)], [name, ...ids]));
      }),
    remove: (stream, group, ids) =>
      this.#on(stream, (on, keys) =>
        ids.length === 0 ? Promise.resolve(0) : on.within(on.client.xdel(keys.dead(group), ...ids)),
      ),
  };

  readonly #connections: RedisConnections;
  readonly #keysOf: (stream: Stream) => StreamKeys;
  readonly #timeoutMs: number;

  constructor(connections: RedisConnections, keysOf: (stream: Stream) => StreamKeys, timeoutMs: number) {
    this.#connections = connections;
    this.#keysOf = keysOf;
    this.#timeoutMs = timeoutMs;
  }

  groups(stream: Stream): Promise<readonly GroupState[]> {
    return this.#on(stream, groupStates);
  }

  async state(stream: Stream, group: string): Promise<GroupState | undefined> {
    return (await this.groups(stream)).find((state) => state.group === group);
  }

  reset(stream: Stream, group: string, to: 'beginning' | 'end' | Checkpoint): Promise<void> {
    return this.#on(stream, async (on, keys) => {
      const at = to === 'beginning' ? '0' : to === 'end' ? '$' : (to[0]?.id ?? '0');
      await on.run(RESET_GROUP, [keys.stream, keys.group(group)], [group, at]);
    });
  }

  trim(): Promise<number> {
    const message = 'trimming a Redis stream is not offered yet; nothing was removed';
    return Promise.reject(new BackboneError('EB_UNSUPPORTED', message));
  }

  erase(stream: Stream, ids: readonly string[], fields: readonly string[] = []): Promise<number> {
    return this.#on(stream, async (on, keys) => {
      const names = fields.filter(isName);
      const erase = (id: string) => on.run(ERASE, [keys.event(id), keys.personal(id)], names);
      const touched = await Promise.all(ids.filter(isName).map(erase));
      return touched.reduce<number>((sum, one) => sum + Number(one), 0);
    });
  }

  async #on<T>(stream: Stream, work: (on: RedisConnection, keys: StreamKeys) => Promise<T>): Promise<T> {
    const keys = this.#keysOf(stream);
    const { main } = this.#connections;
    if (!(await main.ready(this.#timeoutMs))) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    try {
      return await work(main, keys);
    } catch (error) {
      throw channelError('the request', error);
    }
  }
}
