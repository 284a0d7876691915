import {
  BackboneError,
  isName,
  reportChannel,
  type Channel,
  type ChannelAdmin,
  type DeadLetterAdmin,
  type GroupState,
  type ResetTarget,
  type Stream,
  type StreamExtent,
  type TrimLimits,
} from '../core/index.js';
import { groupStates } from './group-state.js';
import type { StreamKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisConnections } from './redis-connections.js';
import { RedisDeadLetters } from './redis-dead-letters.js';
import { channelError } from './redis-failure.js';
import type { RedisSettings } from './redis-options.js';
import { resetGroup } from './redis-reset.js';
import { ERASE } from './scripts/upkeep.js';
import { streamExtent } from './stream-extent.js';
import { checkTrimLimits, trimPartition } from './trim.js';

/** What an operator works with. */
export interface RedisAdminOptions {
  readonly channel: Channel;
  readonly connections: RedisConnections;
  readonly partitionsOf: (stream: Stream) => readonly StreamKeys[] | Promise<readonly StreamKeys[]>;
  readonly settings: RedisSettings;
}

/** What an operator does to a stream on Redis, in all of its partitions. */
export class RedisAdmin implements ChannelAdmin {
  readonly deadLetters: DeadLetterAdmin;
  readonly #o: RedisAdminOptions;

  constructor(options: RedisAdminOptions) {
    this.#o = options;
    this.deadLetters = new RedisDeadLetters((stream, work) => this.#on(stream, work), options.settings.maxEventBytes);
  }

  groups(stream: Stream): Promise<readonly GroupState[]> {
    return this.#on(stream, groupStates);
  }

  extent(stream: Stream): Promise<StreamExtent> {
    return this.#on(stream, streamExtent);
  }

  async state(stream: Stream, group: string): Promise<GroupState | undefined> {
    return (await this.groups(stream)).find((state) => state.group === group);
  }

  reset(stream: Stream, group: string, to: ResetTarget): Promise<void> {
    return this.#on(stream, (on, partitions) => resetGroup(on, partitions, group, to));
  }

  async trim(stream: Stream, limits: TrimLimits): Promise<number> {
    checkTrimLimits(limits);
    return this.#on(stream, async (on, partitions) => {
      let count = 0;
      try {
        for (const keys of partitions) count += await trimPartition(on, keys, limits);
      } finally {
        if (count > 0) reportChannel({ channel: this.#o.channel, kind: 'trimmed', stream, count });
      }
      return count;
    });
  }

  erase(stream: Stream, ids: readonly string[], fields: readonly string[] = []): Promise<number> {
    return this.#on(stream, async (on, partitions) => {
      const names = fields.filter(isName);
      const erase = (id: string) => partitions.map((keys) => on.run(ERASE, [keys.event(id), keys.personal(id)], names));
      const touched = await Promise.all(ids.filter(isName).flatMap(erase));
      return touched.reduce<number>((sum, one) => sum + Number(one), 0);
    });
  }

  async #on<T>(
    stream: Stream,
    work: (on: RedisConnection, partitions: readonly StreamKeys[]) => Promise<T>,
  ): Promise<T> {
    const { connections, partitionsOf, settings } = this.#o;
    const { main } = connections;
    const ready = await main.ready(settings.commandTimeoutMs);
    if (!ready) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    try {
      return await work(main, await partitionsOf(stream));
    } catch (error) {
      throw channelError('the request', error);
    }
  }
}
