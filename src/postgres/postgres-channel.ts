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
import { ensureSchema } from './check-schema.js';
import { Database } from './database.js';
import { MarkSampling } from './mark-sampling.js';
import { PostgresAdmin } from './postgres-admin.js';
import { postgresSettings, type PostgresChannelOptions, type PostgresSettings } from './postgres-options.js';
import { readEvents } from './postgres-reading.js';
import { PostgresSubscription } from './postgres-subscription.js';
import { inspectServer } from './server-inspection.js';
import { streamName } from './stream-name.js';
import { tableNames, type TableNames } from './table-names.js';
import { WakeUp } from './wake-up.js';

/** A channel that keeps its events in PostgreSQL tables. */
export type PostgresChannel = Channel;

/**
 * Makes a channel that keeps its events in tables of a PostgreSQL database. It connects when it is used first.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function postgresChannel(options: PostgresChannelOptions): PostgresChannel {
  return new OpenChannel(options);
}

const SUPPORTS: ChannelSupports = Object.freeze({
  persistent: true,
  competingConsumers: true,
  keyedOrderAcrossConsumers: true,
  selectiveSettle: true,
  deliveryCount: true,
  attempts: true,
  dedupe: true,
  expectedVersion: true,
  transaction: true,
  readByKey: true,
  readById: true,
  parkByKey: true,
  erase: true,
  atomicDeadLetter: true,
  trim: true,
});

class OpenChannel implements PostgresChannel {
  readonly technology = 'postgres';
  readonly supports = SUPPORTS;
  readonly admin: PostgresAdmin;
  readonly #settings: PostgresSettings;
  readonly #tables: TableNames;
  readonly #database: Database;
  readonly #wakeUp: WakeUp;
  readonly #marks: MarkSampling;
  readonly #appender: Appender;
  readonly #subscriptions = new Set<Subscription>();
  #closed: Promise<void> | undefined;

  constructor(options: PostgresChannelOptions) {
    const settings = (this.#settings = postgresSettings(options));
    const tables = (this.#tables = tableNames(options));
    const onFault = (reason: string) => reportChannel({ channel: this, kind: 'fault', reason });
    this.#database = new Database({
      given: options,
      queryTimeoutMs: settings.queryTimeoutMs,
      prepare: async (on) => {
        await inspectServer(this, on);
        await ensureSchema(on, options, settings.createTables);
        reportChannel({ channel: this, kind: 'ready' });
      },
      onFault,
    });
    const database = this.#database;
    const { queryTimeoutMs, notify } = settings;
    this.#wakeUp = new WakeUp({ database, tables, queryTimeoutMs, isTold: notify !== 'off', onFault });
    this.#marks = new MarkSampling(database, tables);
    this.#appender = new Appender(database, tables, settings, () => this.#wakeUp.notify('events'));
    const tellAll = () => this.#wakeUp.tellAll();
    this.admin = new PostgresAdmin({ database, tables, settings, tellAll });
  }

  async publish(stream: Stream, messages: readonly Message[], options?: PublishOptions): Promise<readonly Published[]> {
    if (this.#closed) throw closed();
    return this.#appender.append(streamName(stream), messages, options);
  }

  subscribe(options: SubscribeOptions): Subscription {
    if (this.#closed) throw closed();
    const subscription: PostgresSubscription = new PostgresSubscription({
      ...{ channel: this, options, settings: this.#settings },
      ...{ database: this.#database, tables: this.#tables, wakeUp: this.#wakeUp },
      onClosed: () => void this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    if (this.#closed) throw closed();
    // Names are checked at once.
    streamName(options.stream);
    const { publishTimeoutMs: patienceMs, pollMs } = this.#settings;
    const [database, tables, marks, wakeUp] = [this.#database, this.#tables, this.#marks, this.#wakeUp];
    return readEvents({ database, tables, marks, wakeUp, pollMs, patienceMs }, options);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#appender.close();
    await this.#wakeUp.close();
    await this.#database.close();
  }
}

function closed(): BackboneError {
  return new BackboneError('EB_CLOSED', 'the channel is closed; open another one');
}
