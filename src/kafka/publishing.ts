import {
  BackboneError,
  partitionOf,
  type Message,
  type PayloadFields,
  type Published,
  type Stream,
} from '../core/index.js';
import { appendError, notStored, tooLarge } from './channel-error.js';
import { checkFields } from './check-fields.js';
import { eventRecord } from './event-record.js';
import type { KafkaDriver, KafkaRecord } from './kafka-driver.js';
import { kafkaFailure } from './kafka-failure.js';
import { pauseMs } from './pause-ms.js';
import { recordBytes } from './record-bytes.js';
import { SharedBytes } from './shared-bytes.js';
import { topicNames } from './topic-names.js';
import { maxBytes, payloadTtlMs, type Topics } from './topics.js';

/** What appends work with. */
export interface PublishingInput {
  readonly driver: KafkaDriver;
  readonly topics: Topics;
  /** Absent where the arguments are in the records. */
  readonly payloads: PayloadFields | undefined;
  readonly publishTimeoutMs: number;
  readonly isCompressed: boolean;
}

// Kafka's own bound for a request is 100 MB, and kafkajs needs many seconds to find out.
const MOST_BYTES = 64 * 1024 * 1024;
// What a batch of records needs besides them, rounded up.
const BATCH_BYTES = 128;
const LONGEST_PAUSE_MS = 500;

/** Appends messages: fields that go to a payload store first, then the records, one batch for each partition. */
export class Publishing {
  readonly #input: PublishingInput;
  readonly #shared = new SharedBytes();
  #running = 0;
  #idle: () => void = () => undefined;

  constructor(input: PublishingInput) {
    this.#input = input;
  }

  /** Resolves when no append is under way. */
  settled(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve));
  }

  async publish(
    stream: Stream,
    messages: readonly Message[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Published[]> {
    this.#running += 1;
    try {
      return await this.#publish(stream, messages, signal);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle();
    }
  }

  async #publish(
    stream: Stream,
    messages: readonly Message[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Published[]> {
    const { driver, topics, payloads, publishTimeoutMs } = this.#input;
    const { events: topic } = topicNames(stream);
    for (const { fields } of messages) checkFields(fields);
    if (signal?.aborted) throw givenUp();
    // Before the first pause: what the caller changes afterwards must not show.
    const place = payloads ? 'store' : 'record';
    const unplaced = messages.map((message) => eventRecord(message, place, this.#shared));
    const copies = payloads ? messages.map(copied) : [];
    const latest = Date.now() + publishTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      let records: readonly KafkaRecord[];
      try {
        const found = await topics.events(stream);
        records = unplaced.map(({ key, value, headers }, i) => {
          return { partition: partitionOf(messages[i]?.key ?? '', found.partitions), key, value, headers };
        });
        this.#checkSizes(records, maxBytes(found));
        if (payloads) await payloads.put(copies, payloadTtlMs(found));
      } catch (error) {
        throw notStored(error);
      }
      if (signal?.aborted) throw givenUp();
      try {
        const offsets = await driver.produce(topic, records, Math.max(1, latest - Date.now()));
        return records.map(({ partition }, i) => ({
          position: { partition, id: String(offsets[i] ?? '') },
          duplicate: false,
        }));
      } catch (error) {
        // It was made a moment ago, and not every broker knows; or it was removed, and is made anew.
        if (kafkaFailure(error) !== 'noTopic' || Date.now() > latest) throw appendError(error, partitionsOf(records));
        topics.forget(topic);
        await pauseMs(attempt, signal ?? new AbortController().signal, LONGEST_PAUSE_MS);
      }
    }
  }

  /** Refuses what a partition would not take, before anything is stored. */
  #checkSizes(records: readonly KafkaRecord[], most: number): void {
    const all = records.reduce((sum, record) => sum + recordBytes(record), BATCH_BYTES);
    if (all > MOST_BYTES) throw tooLarge();
    if (this.#input.isCompressed || all <= most) return;
    const sizes = new Map<number, number>();
    for (const record of records) {
      sizes.set(record.partition, (sizes.get(record.partition) ?? BATCH_BYTES) + recordBytes(record));
    }
    if ([...sizes.values()].some((bytes) => bytes > most)) throw tooLarge();
  }
}

function partitionsOf(records: readonly KafkaRecord[]): number {
  return new Set(records.map(({ partition }) => partition)).size;
}

/** Fields with bytes of their own. */
function copied(message: Message): Message {
  const fields = Object.entries(message.fields).map(([name, value]) => {
    return [name, value instanceof Uint8Array ? Uint8Array.from(value) : value] as const;
  });
  return { ...message, fields: Object.fromEntries(fields), personal: [...message.personal] };
}

function givenUp(): BackboneError {
  return new BackboneError('EB_NOT_STORED', 'nothing was stored: the caller gave up');
}
