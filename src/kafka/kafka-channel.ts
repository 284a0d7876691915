import {
  BackboneError,
  PayloadFields,
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
import type { EventRead } from './event-record.js';
import { fillFields } from './fill-fields.js';
import { GroupLog } from './group-log.js';
import { KafkaAdmin } from './kafka-admin.js';
import { kafkaChannelSettings, type KafkaChannelOptions, type KafkaChannelSettings } from './kafka-channel-options.js';
import { KafkaDeadLetters } from './kafka-dead-letters.js';
import type { KafkaDriver } from './kafka-driver.js';
import { KafkaSubscription } from './kafka-subscription.js';
import { kafkajsDriver } from './kafkajs-driver.js';
import { Publishing } from './publishing.js';
import { redrive } from './redrive.js';
import { readStream } from './stream-reading.js';
import { timeLimit } from './time-limit.js';
import { topicNames } from './topic-names.js';
import { payloadTtlMs, Topics } from './topics.js';

const SUPPORTS: ChannelSupports = Object.freeze({
  persistent: true,
  competingConsumers: true,
  keyedOrderAcrossConsumers: true,
  selectiveSettle: false,
  deliveryCount: false,
  attempts: false,
  dedupe: false,
  expectedVersion: false,
  transaction: false,
  readByKey: false,
  readById: false,
  parkByKey: false,
  erase: false,
  atomicDeadLetter: false,
  trim: false,
});

const CLOSE_MS = 5_000;

/**
 * Makes a channel on Kafka: a topic for each stream, a Kafka group for each group; the arguments in a payload store or in the
 * records. Connects on first use, and never fails because the brokers are away.
 *
 * @throws BackboneError `EB_OPTIONS` for options that cannot work.
 */
export function kafkaChannel(options: KafkaChannelOptions): Channel {
  const settings = kafkaChannelSettings(options);
  return new KafkaChannel(options.driver ?? kafkajsDriver(options), settings);
}

class KafkaChannel implements Channel {
  readonly technology = 'kafka';
  readonly supports: ChannelSupports;
  readonly admin: KafkaAdmin;
  readonly #driver: KafkaDriver;
  readonly #settings: KafkaChannelSettings;
  readonly #payloads: PayloadFields | undefined;
  readonly #topics: Topics;
  readonly #publishing: Publishing;
  readonly #logs = new Map<string, GroupLog>();
  readonly #subscriptions = new Set<KafkaSubscription>();
  #closed: Promise<void> | undefined;

  constructor(driver: KafkaDriver, settings: KafkaChannelSettings) {
    const payloads = settings.payloads === 'record' ? undefined : new PayloadFields(settings.payloads);
    this.supports = Object.freeze({ ...SUPPORTS, erase: payloads !== undefined });
    this.#driver = driver;
    this.#settings = settings;
    this.#payloads = payloads;
    this.#topics = new Topics(driver, settings, (event) => reportChannel({ channel: this, ...event }));
    const { publishTimeoutMs, isCompressed } = settings;
    this.#publishing = new Publishing({ driver, topics: this.#topics, payloads, publishTimeoutMs, isCompressed });
    const log = (stream: Stream) => this.#log(stream);
    const deadLetters = new KafkaDeadLetters({
      log,
      fill: this.#fill,
      redrive: (stream, group, ids) =>
        redrive(driver, this.#log(stream), stream, { group, ids, timeoutMs: publishTimeoutMs }),
    });
    this.admin = new KafkaAdmin({
      driver,
      topics: this.#topics,
      log,
      deadLetters,
      subscriptions: (stream, group) => this.#consumersOf(stream, group),
      erase:
        payloads &&
        (async (stream, ids, fields) => {
          const keys = await payloads.erasable(ids, fields);
          await payloads.erase(keys, await this.#ttlMs(stream));
          return new Set(keys.map(({ eventId }) => eventId)).size;
        }),
    });
  }

  async publish(
    stream: Stream,
    messages: readonly Message[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    if (this.#closed) throw closedError('nothing was stored');
    if (options.expected !== undefined && options.expected !== 'any') throw unsupported('an expected version');
    if (options.transaction !== undefined) throw unsupported("the caller's transaction");
    if (messages.length === 0) return [];
    return this.#publishing.publish(stream, messages, options.signal);
  }

  subscribe(options: SubscribeOptions): Subscription {
    if (this.#closed) throw closedError('open another one');
    const { onOffsetLost, publishTimeoutMs } = this.#settings;
    const made: KafkaSubscription = new KafkaSubscription({
      channel: this,
      driver: this.#driver,
      topics: this.#topics,
      log: this.#log(options.stream),
      fill: this.#fill,
      onOffsetLost,
      publishTimeoutMs,
      options,
      onClosed: () => void this.#subscriptions.delete(made),
    });
    this.#subscriptions.add(made);
    return made;
  }

  read(options: ReadOptions): AsyncIterable<readonly ReadEvent[]> {
    if (this.#closed) throw closedError('open another one');
    const exists = (topic: string) => this.#topics.exists(topic);
    return readStream({ driver: this.#driver, exists, fill: this.#fill }, options);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const { over, cancel } = timeLimit(CLOSE_MS);
    const ended = Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await Promise.race([Promise.all([ended, this.#publishing.settled()]), over]);
    cancel();
    await this.#driver.close();
    await this.#payloads?.close();
  }

  readonly #fill = (events: readonly EventRead[]): Promise<void> => fillFields(events, this.#payloads);

  #log(stream: Stream): GroupLog {
    const { events } = topicNames(stream);
    let log = this.#logs.get(events);
    if (!log) this.#logs.set(events, (log = new GroupLog(this.#driver, this.#topics, stream)));
    return log;
  }

  #consumersOf(stream: Stream, group: string): readonly KafkaSubscription[] {
    const { events } = topicNames(stream);
    return [...this.#subscriptions].filter(
      ({ options }) => options.group === group && topicNames(options.stream).events === events,
    );
  }

  async #ttlMs(stream: Stream): Promise<number | undefined> {
    return payloadTtlMs(await this.#topics.events(stream));
  }
}

function closedError(what: string): BackboneError {
  return new BackboneError('EB_CLOSED', `the channel is closed; ${what}`);
}

function unsupported(what: string): BackboneError {
  return new BackboneError('EB_UNSUPPORTED', `the Kafka channel cannot honour ${what}; nothing was stored`);
}
