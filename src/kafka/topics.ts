import { setTimeout as sleep } from 'node:timers/promises';
import { BackboneError, type ChannelDiagnostic, type Stream } from '../core/index.js';
import type { KafkaDriver, TopicFound } from './kafka-driver.js';
import { kafkaFailure } from './kafka-failure.js';
import { topicNames } from './topic-names.js';

/** How topics are made. */
export interface TopicSettings {
  readonly createTopics: boolean;
  readonly partitions: number;
  readonly replicationFactor: number | undefined;
}

const LOOK_AGAIN_MS = 60_000;
const TRIES = 20;
const PAUSE_MS = 100;
const DEFAULT_MAX_BYTES = 1_048_588;
const NOT_YET: ReadonlySet<string> = new Set(['noTopic', 'refused']);

interface Looked {
  readonly found: Promise<TopicFound>;
  readonly at: number;
}

/** Finds the topics of streams, and makes those that are missing where that is allowed. */
export class Topics {
  readonly #driver: KafkaDriver;
  readonly #settings: TopicSettings;
  readonly #report: (event: Omit<ChannelDiagnostic, 'channel'>) => void;
  readonly #looked = new Map<string, Looked>();
  readonly #checked = new Set<string>();

  constructor(
    driver: KafkaDriver,
    settings: TopicSettings,
    report: (event: Omit<ChannelDiagnostic, 'channel'>) => void,
  ) {
    this.#driver = driver;
    this.#settings = settings;
    this.#report = report;
  }

  /** The topic of a stream's events. */
  events(stream: Stream): Promise<TopicFound> {
    return this.#ensured(topicNames(stream).events, async (topic) => {
      const { partitions } = this.#settings;
      const config = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'message.timestamp.type': 'LogAppendTime' };
      const found = await this.#foundOrMade(topic, partitions, config);
      this.#inspect(stream, found);
      return found;
    });
  }

  /** The topic of what a stream's groups keep. */
  groups(stream: Stream): Promise<TopicFound> {
    return this.#ensured(topicNames(stream).groups, async (topic) => {
      // A dead letter is an event and a reason more.
      const config = {
        'cleanup.policy': 'compact',
        'max.message.bytes': String(2 * maxBytes(await this.events(stream))),
      };
      return this.#foundOrMade(topic, 1, config);
    });
  }

  /** Looks at a topic anew the next time. */
  forget(topic: string): void {
    this.#looked.delete(topic);
  }

  /** Whether a topic is there; makes none. */
  async exists(topic: string): Promise<boolean> {
    const known = this.#looked.get(topic)?.found;
    if (known) await known.catch(() => undefined);
    return this.#looked.has(topic) || (await this.#usable(topic)) !== undefined;
  }

  #ensured(topic: string, look: (topic: string) => Promise<TopicFound>): Promise<TopicFound> {
    const known = this.#looked.get(topic);
    // Looked at again now and then: partitions may have been added.
    if (known && Date.now() - known.at < LOOK_AGAIN_MS) return known.found;
    const looked = { found: look(topic), at: Date.now() };
    this.#looked.set(topic, looked);
    looked.found.catch(() => this.#looked.get(topic) === looked && this.#looked.delete(topic));
    return looked.found;
  }

  async #foundOrMade(topic: string, partitions: number, config: Readonly<Record<string, string>>): Promise<TopicFound> {
    const { createTopics, replicationFactor } = this.#settings;
    const before = await this.#usable(topic);
    if (before) return before;
    if (!createTopics) {
      const message = `the topic ${topic} is not there and createTopics is off; create it first (docs/kafka.md)`;
      throw new BackboneError('EB_CHANNEL', message);
    }
    const wanted = { topic, partitions, config, ...(replicationFactor !== undefined && { replicationFactor }) };
    await this.#driver.createTopic(wanted).catch((error: unknown) => {
      // It is there, and its leaders are about to be: the next look finds out.
      if (!isNotYet(error)) throw error;
    });
    for (let i = 0; i < TRIES; i += 1) {
      const found = await this.#usable(topic);
      if (found) return found;
      await sleep(PAUSE_MS);
    }
    throw new BackboneError('EB_CHANNEL', `the topic ${topic} was made and cannot be found yet; try again`);
  }

  /** A topic that was made a moment ago is not known everywhere, or has no leaders yet. */
  async #usable(topic: string): Promise<TopicFound | undefined> {
    try {
      const found = await this.#driver.topic(topic);
      if (found) await this.#driver.watermarks(topic);
      return found;
    } catch (error) {
      if (isNotYet(error)) return undefined;
      throw error;
    }
  }

  /** Says once what the topic's settings are worth, and what of them loses events. */
  #inspect(stream: Stream, { replicationFactor, config }: TopicFound): void {
    const { events } = topicNames(stream);
    if (this.#checked.has(events)) return;
    this.#checked.add(events);
    const minInSync = Number(config.get('min.insync.replicas') ?? 1);
    const reason = `${events}: ${replicationFactor} replicas, at least ${minInSync} in sync`;
    this.#report({ kind: 'durability', stream, reason });
    const faults = [
      replicationFactor > 1 &&
        minInSync < 2 &&
        'min.insync.replicas is below 2: one broker alone may confirm an append',
      replicationFactor === 2 &&
        'the replication factor is 2: with one broker away nothing can be appended safely; use 3',
      config.get('cleanup.policy')?.includes('compact') === true &&
        'cleanup.policy is compact: older events of a key vanish',
      config.get('unclean.leader.election.enable') === 'true' &&
        'unclean.leader.election.enable is on: events may vanish',
    ];
    for (const fault of faults) if (fault) this.#report({ kind: 'fault', stream, reason: `${events}: ${fault}` });
  }
}

/** The client also trips over topics whose leaders it does not know yet. */
function isNotYet(error: unknown): boolean {
  return error instanceof TypeError || NOT_YET.has(kafkaFailure(error));
}

/** The most bytes that a topic takes at once. */
export function maxBytes({ config }: TopicFound): number {
  const bytes = Number(config.get('max.message.bytes'));
  return Number.isFinite(bytes) && bytes > 0 ? bytes : DEFAULT_MAX_BYTES;
}

const DAY_MS = 86_400_000;

/** How long fields must outlive their record: a day longer than the topic keeps it. Nothing where it keeps all. */
export function payloadTtlMs({ config }: TopicFound): number | undefined {
  const retentionMs = Number(config.get('retention.ms') ?? -1);
  return Number.isSafeInteger(retentionMs) && retentionMs >= 0 ? retentionMs + DAY_MS : undefined;
}
