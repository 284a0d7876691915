import {
  BackboneError,
  reportChannel,
  type Channel,
  type ChannelSupports,
  type Message,
  type Published,
  type PublishOptions,
  type ReadEvent,
  type ReadOptions,
  type Stream,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import { Appender } from './appender.js';
import { streamKeys } from './keys.js';
import { changePartitions } from './partition-change.js';
import { isPartitionCount, MAX_PARTITIONS } from './partition-count.js';
import { PartitionedAppend } from './partitioned-append.js';
import { PartitionedSubscription } from './partitioned-subscription.js';
import { RedisAdmin } from './redis-admin.js';
import { RedisConnections } from './redis-connections.js';
import { channelError } from './redis-failure.js';
import { redisSettings, type RedisChannelOptions, type RedisSettings } from './redis-options.js';
import { RedisSubscription } from './redis-subscription.js';
import { inspectServer } from './server-inspection.js';
import { StreamLayouts } from './stream-layouts.js';
import { readStream } from './stream-reader.js';

const SUPPORTS: ChannelSupports = Object.freeze({
  persistent: true,
  competingConsumers: true,
  keyedOrderAcrossConsumers: false,
  selectiveSettle: true,
  deliveryCount: true,
  attempts: true,
  dedupe: true,
  expectedVersion: false,
  transaction: false,
  readByKey: false,
  readById: true,
  parkByKey: false,
  erase: true,
  atomicDeadLetter: true,
  trim: true,
});

const ORDERED_SUPPORTS: ChannelSupports = Object.freeze({
  ...SUPPORTS,
  keyedOrderAcrossConsumers: true,
  parkByKey: true,
});

/** A channel on Redis, with what only Redis has. */
export interface RedisChannel extends Channel {
  /**
   * Changes the number of partitions of a stream. Stop its producers and wait until every group has handled everything;
   * from then on appends of channels that are set up for the old number are refused, so that no key loses its order.
   * Events stay where they are. See docs/partitions.md.
   *
   * @throws BackboneError `EB_CONFLICT` while a group has something open, `EB_ARGUMENT`, `EB_CHANNEL`.
   */
  repartition(stream: Stream, partitions: number): Promise<void>;
}

/**
 * Makes a channel on Redis streams: order and metadata in the stream, arguments in a hash for each event.
 * Connects on first use, and never fails because the server is away.
 *
 * @throws BackboneError `EB_OPTIONS` for options that cannot work.
 */
export function redisChannel(options: RedisChannelOptions): RedisChannel {
  return new StreamsChannel(options, redisSettings(options));
}

class StreamsChannel implements RedisChannel {
  readonly technology = 'redis';
  readonly supports: ChannelSupports;
  readonly admin: RedisAdmin;
  readonly #settings: RedisSettings;
  readonly #connections: RedisConnections;
  readonly #appender: Appender;
  readonly #layouts: StreamLayouts;
  readonly #partitioned: PartitionedAppend;
  readonly #subscriptions = new Set<Subscription>();
  #closed: Promise<void> | undefined;

  constructor(options: RedisChannelOptions, settings: RedisSettings) {
    this.#settings = settings;
    const supports = settings.partitionsOf ? ORDERED_SUPPORTS : SUPPORTS;
    this.supports = settings.keyIndex ? Object.freeze({ ...supports, readByKey: true }) : supports;
    this.#connections = new RedisConnections(options, settings, {
      waiting: (reason) => reportChannel({ channel: this, kind: 'waiting', reason }),
      ready: (connection) => {
        reportChannel({ channel: this, kind: 'ready' });
        void inspectServer(this, connection);
      },
    });
    this.#appender = new Appender(this.#connections, settings);
    this.#layouts = new StreamLayouts(this.#connections, settings);
    this.#partitioned = new PartitionedAppend(this.#appender, this.#layouts, settings.maxEventBytes);
    const partitionsOf = (stream: Stream) => this.#layouts.found(stream);
    this.admin = new RedisAdmin({ channel: this, connections: this.#connections, partitionsOf, settings });
  }

  publish(stream: Stream, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]> {
    try {
      if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed; nothing was stored');
      if (options?.expected !== undefined && options.expected !== 'any') throw unsupported('an expected version');
      if (options?.transaction !== undefined) throw unsupported("the caller's transaction");
      if (messages.length === 0) return Promise.resolve([]);
      if (options?.signal?.aborted === true) throw givenUp();
      const { partitionsOf } = this.#settings;
      if (partitionsOf) return this.#partitioned.append(stream, messages, options);
      return this.#appender.append(this.#layouts.single(stream), messages, options);
    } catch (error) {
      return Promise.reject(channelError('the append', error));
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed');
    const onClosed = () => void this.#subscriptions.delete(made);
    const { stream } = options;
    const keys = this.#layouts.single(stream);
    const input = { channel: this, connections: this.#connections, settings: this.#settings, options, onClosed };
    const made: Subscription = this.#settings.partitionsOf
      ? new PartitionedSubscription({ ...input, layouts: this.#layouts })
      : new RedisSubscription({ ...input, keys });
    this.#subscriptions.add(made);
    return made;
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    const { stream } = options;
    // Names are checked at once.
    this.#layouts.single(stream);
    const partitions = () => this.#layouts.found(stream);
    const partition = (number: number) => streamKeys(this.#settings.prefix, stream, number);
    const source = { connection: this.#connections.main, partitions, partition, settings: this.#settings };
    return readStream(source, options);
  }

  async repartition(stream: Stream, partitions: number): Promise<void> {
    if (!isPartitionCount(partitions)) {
      throw new BackboneError('EB_ARGUMENT', `partitions must be a whole number from 1 to ${MAX_PARTITIONS}`);
    }
    const { prefix, commandTimeoutMs } = this.#settings;
    const { main } = this.#connections;
    if (!(await main.ready(commandTimeoutMs))) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    try {
      await changePartitions(main, { channel: this, stream, prefix, partitions });
    } catch (error) {
      throw channelError('changing the number of partitions', error);
    } finally {
      this.#layouts.forget(stream);
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#appender.close();
    this.#connections.close();
  }
}

function givenUp(): BackboneError {
  return new BackboneError('EB_NOT_STORED', 'nothing was stored: the caller gave up');
}

function unsupported(what: string): BackboneError {
  return new BackboneError('EB_UNSUPPORTED', `the Redis channel cannot honour ${what}; nothing was stored`);
}
