import { BackboneError } from '../core/index.js';
import { waits } from './durability.js';
import { openClient } from './open-client.js';
import { RedisConnection } from './redis-connection.js';
import { failureReason } from './redis-failure.js';
import type { RedisChannelOptions, RedisSettings } from './redis-options.js';

/** What the connections tell about themselves. */
export interface ConnectionReports {
  /** The server is away; told once for each wait before the next attempt. */
  waiting(reason: string): void;
  ready(connection: RedisConnection): void;
}

/**
 * Opens the channel's own connections: one for short commands, one for appends that are waited for there, and one more
 * for each reader.
 */
export class RedisConnections {
  readonly #options: RedisChannelOptions;
  readonly #settings: RedisSettings;
  readonly #reports: ConnectionReports;
  readonly #open = new Set<RedisConnection>();
  #main: RedisConnection | undefined;
  #appends: RedisConnection | undefined;
  #closed = false;

  constructor(options: RedisChannelOptions, settings: RedisSettings, reports: ConnectionReports) {
    this.#options = options;
    this.#settings = settings;
    this.#reports = reports;
  }

  /**
   * The connection for everything that does not block; made, and connecting, from the first use on.
   *
   * @throws BackboneError `EB_CLOSED`
   */
  get main(): RedisConnection {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed');
    return (this.#main ??= this.#reporting(this.#connect()));
  }

  /**
   * The connection for appends: one of their own when they wait there for replicas or disks, which holds up whatever
   * comes behind them.
   *
   * @throws BackboneError `EB_CLOSED`
   */
  get appends(): RedisConnection {
    const { main } = this;
    return waits(this.#settings.durability) ? (this.#appends ??= this.#connect()) : main;
  }

  /** A connection of its own for one reader, which may block; close it with {@link release}. */
  reader(): RedisConnection {
    // The main connection is the one that says when the server is away.
    this.#main ??= this.#reporting(this.#connect());
    return this.#connect();
  }

  release(connection: RedisConnection): void {
    this.#open.delete(connection);
    connection.close();
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) this.release(connection);
  }

  #connect(): RedisConnection {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the channel is closed');
    const connection = new RedisConnection(openClient(this.#options), this.#settings.commandTimeoutMs);
    this.#open.add(connection);
    return connection;
  }

  #reporting(connection: RedisConnection): RedisConnection {
    // The first error of an attempt tells why; those after it are its consequences.
    let cause: unknown;
    const wait = () => {
      this.#reports.waiting(cause === undefined ? 'the connection was lost' : failureReason(cause));
      cause = undefined;
    };
    const remember = (error: unknown) => {
      cause ??= error;
      // While no sentinel answers there is no connection yet that could be made again.
      if (error instanceof Error && error.message.startsWith('All sentinels')) wait();
    };
    connection.client
      .on('error', remember)
      .on('node error', remember)
      .on('reconnecting', wait)
      .on('ready', () => {
        cause = undefined;
        this.#reports.ready(connection);
      });
    return connection;
  }
}
