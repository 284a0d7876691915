import {
  BackboneError,
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
import { MemoryAdmin } from './memory-admin.js';
import { readStream } from './memory-reading.js';
import { MemoryServer } from './memory-server.js';
import type { MemoryStream } from './memory-stream.js';
import { MemorySubscription } from './memory-subscription.js';

/** What a memory channel may be told. */
export interface MemoryChannelOptions {
  /** The clock that says when an event was stored: milliseconds since 1970. Default: the machine's. */
  readonly now?: () => number;
}

/** A channel inside the process: what a server would do, without one. Nothing outlives the process. */
export interface MemoryChannel extends Channel {
  /**
   * Opens another channel on the same events, as a second process would: closing one leaves the other open. This is
   * how a test restarts an application without losing its events.
   */
  open(): MemoryChannel;
  /**
   * Resolves when every group with a reading consumer has been handed everything and has settled it, also what its
   * handlers produced meanwhile. Tests wait for this instead of sleeping.
   */
  settled(): Promise<void>;
}

/** Makes a channel that keeps its events in the memory of this process. */
export function memoryChannel(options: MemoryChannelOptions = {}): MemoryChannel {
  return new OpenChannel(new MemoryServer(options.now ?? Date.now));
}

const SUPPORTS: ChannelSupports = Object.freeze({
  persistent: false,
  competingConsumers: true,
  keyedOrderAcrossConsumers: true,
  selectiveSettle: true,
  deliveryCount: true,
  attempts: true,
  dedupe: true,
  expectedVersion: true,
  transaction: false,
  readByKey: true,
  readById: true,
  parkByKey: true,
  erase: true,
  atomicDeadLetter: true,
  trim: true,
});

class OpenChannel implements MemoryChannel {
  readonly technology = 'memory';
  readonly supports = SUPPORTS;
  readonly admin = new MemoryAdmin((stream) => this.#find(stream));
  readonly #server: MemoryServer;
  readonly #subscriptions = new Set<MemorySubscription>();
  #closed = false;

  constructor(server: MemoryServer) {
    this.#server = server;
  }

  open(): MemoryChannel {
    return new OpenChannel(this.#server);
  }

  settled(): Promise<void> {
    return this.#server.settled();
  }

  publish(stream: Stream, messages: readonly Message[], options: PublishOptions = {}): Promise<readonly Published[]> {
    return new Promise((resolve) => {
      const { expected = 'any', transaction, signal } = options;
      const found = this.#find(stream);
      if (transaction !== undefined) {
        throw new BackboneError('EB_UNSUPPORTED', 'the memory channel cannot join a transaction; publish without one');
      }
      if (signal?.aborted) throw new BackboneError('EB_NOT_STORED', 'the append was given up before it was sent');
      resolve(found.append(messages, expected));
    });
  }

  subscribe(options: SubscribeOptions): Subscription {
    this.#find(options.stream);
    const subscription = new MemorySubscription(this.#server, options, () => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    return readStream(() => this.#find(options.stream), options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#server.wakeReaders();
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
  }

  #find(stream: Stream): MemoryStream {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the memory channel is closed; open another one');
    return this.#server.stream(stream);
  }
}
