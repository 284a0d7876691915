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
import { streamKeys, type StreamKeys } from './keys.js';
import { RedisAdmin } from './redis-admin.js';
import { RedisConnections } from './redis-connections.js';
import { channelError } from './redis-failure.js';
import { redisSettings, type RedisChannelOptions, type RedisSettings } from './redis-options.js';
import { RedisSubscription } from './redis-subscription.js';
import { inspectServer } from './server-inspection.js';
import { readStream } from './stream-reader.js';

const SUPPORTS: ChannelSupports = Object.freeze({
  persistent: true,
  competingConsumers: true,
  keyedOrderAcrossConsumers: false,
  selectiveSettle: true,
  deliveryCount: true,
  dedupe: true,
  expectedVersion: false,
  transaction: false,
  readByKey: false,
  readById: true,
  parkByKey: false,
  erase: true,
  atomicDeadLetter: true,
});

const MAX_KNOWN_STREAMS = 1_000;

/**
 * Makes a channel on Redis streams: order and metadata in the stream, arguments in a hash for each event.
 * Connects on first use, and never fails because the server is away.
 *
 * @throws BackboneError `EB_OPTIONS` for options that cannot work.
 */
export function redisChannel(options: RedisChannelOptions): Channel {
  return new RedisChannel(options, redisSettings(options));
}

class RedisChannel implements Channel {
  readonly supports = SUPPORTS;
  readonly admin: RedisAdmin;
  readonly #settings: RedisSettings;
  readonly #connections: RedisConnections;
  readonly #appender: Appender;
  readonly #keys = new Map<string, StreamKeys>();
  readonly #subscriptions = new Set<Subscription>();
  #closed: Promise<void> | undefined;

  constructor(options: RedisChannelOptions, settings: RedisSettings) {
    this.#settings = settings;
    this.#connections = new RedisConnections(options, settings, {
      waiting: (reason) => reportChannel({ channel: this, kind: 'waiting', reason }),
      ready: (connection) => {
        reportChannel({ channel: this, kind: 'ready' });
        void inspectServer(this, connection);
      },
    });
    this.#appender = new Appender(this.#connections, settings);
    this.admin = new RedisAdmin(this.#connections, (stream) => this.#keysOf(stream), settings.commandTimeoutMs);
  }

  publish(stream: Stream, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]> {
    try {
      if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed; nothing was stored');
      if (options?.expected !== undefined && options.expected !== 'any') throw unsupported('an expected version');
      if (options?.transaction !== undefined) throw unsupported("the caller's transaction");
      if (messages.length === 0) return Promise.resolve([]);
      return this.#appender.append(this.#keysOf(stream), messages, options);
    } catch (error) {
      return Promise.reject(channelError('the append', error));
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed');
    const onClosed = () => void this.#subscriptions.delete(made);
    const made: Subscription = new RedisSubscription({
      channel: this,
      connections: this.#connections,
      keys: this.#keysOf(options.stream),
      settings: this.#settings,
      options,
      onClosed,
    });
    this.#subscriptions.add(made);
    return made;
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    const { commandTimeoutMs } = this.#settings;
    return readStream(this.#connections.main, this.#keysOf(options.stream), options, commandTimeoutMs);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#appender.close();
    this.#connections.close();
  }

  #keysOf(stream: Stream): StreamKeys {
    const name = `${stream.environment}:${stream.contract}`;
    let keys = this.#keys.get(name);
    if (!keys) {
      keys = streamKeys(this.#settings.prefix, stream, 0);
      // Environments may come and go without end.
      if (this.#keys.size >= MAX_KNOWN_STREAMS) this.#keys.clear();
      this.#keys.set(name, keys);
    }
    return keys;
  }
}

function unsupported(what: string): BackboneError {
  return new BackboneError('EB_UNSUPPORTED', `the Redis channel cannot honour ${what}; nothing was stored`);
}
