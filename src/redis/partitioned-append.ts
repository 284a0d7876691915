import {
  BackboneError,
  partitionOf,
  type Message,
  type Published,
  type PublishOptions,
  type Stream,
} from '../core/index.js';
import type { Appender } from './appender.js';
import { prepareEvents } from './append-call.js';
import type { StreamKeys } from './keys.js';
import { isOtherLayout } from './partition-layout.js';
import { channelError } from './redis-failure.js';
import type { StreamLayouts } from './stream-layouts.js';

/** The messages of one call that go to one partition, and where they stood in the call. */
interface Part {
  readonly keys: StreamKeys;
  readonly messages: Message[];
  readonly at: number[];
}

/** Appends messages to the partitions of their keys; those of one partition are stored together, all or none. */
export class PartitionedAppend {
  readonly #appender: Appender;
  readonly #layouts: StreamLayouts;
  readonly #maxEventBytes: number;

  constructor(appender: Appender, layouts: StreamLayouts, maxEventBytes: number) {
    this.#appender = appender;
    this.#layouts = layouts;
    this.#maxEventBytes = maxEventBytes;
  }

  /** Resolves once the server confirmed all parts, with the results in the order of the messages. */
  async append(
    stream: Stream,
    messages: readonly Message[],
    options?: PublishOptions,
    onRefusal: 'again' | 'throw' = 'again',
  ): Promise<readonly Published[]> {
    const parts = partsOf(messages, await this.#layouts.agreed(stream));
    // What cannot be sent must not be half of a call.
    if (parts.length > 1) prepareEvents(messages, this.#maxEventBytes);
    const results = await Promise.allSettled(parts.map((part) => this.#appendPart(stream, part, options, onRefusal)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length > 0) throw failureOf(failures, parts.length);
    const published: Published[] = [];
    for (const [i, result] of results.entries()) {
      if (result.status !== 'fulfilled') continue;
      for (const [j, one] of result.value.entries()) published[parts[i]?.at[j] ?? 0] = one;
    }
    return published;
  }

  async #appendPart(
    stream: Stream,
    { keys, messages }: Part,
    options: PublishOptions | undefined,
    onRefusal: 'again' | 'throw',
  ): Promise<readonly Published[]> {
    try {
      return await this.#appender.append(keys, messages, options);
    } catch (error) {
      if (onRefusal === 'throw' || !isOtherLayout(error)) throw error;
      // The server may have lost what was agreed, or the number was changed: that tells which.
      this.#layouts.forget(stream);
      return this.append(stream, messages, options, 'throw');
    }
  }
}

function partsOf(messages: readonly Message[], partitions: readonly StreamKeys[]): readonly Part[] {
  const parts = new Map<number, Part>();
  for (const [i, message] of messages.entries()) {
    const partition = partitionOf(message.key, partitions[0]?.partitions ?? 1);
    const keys = partitions[partition];
    if (!keys) continue;
    let part = parts.get(partition);
    if (!part) parts.set(partition, (part = { keys, messages: [], at: [] }));
    part.messages.push(message);
    part.at.push(i);
  }
  return [...parts.values()];
}

/** What is true of the whole call: only when all parts have failed in the same way, nothing was stored for sure. */
function failureOf(failures: readonly unknown[], parts: number): BackboneError {
  const [first, ...others] = failures.map((failure) => channelError('the append', failure));
  if (first && failures.length === parts && others.every(({ code }) => code === first.code)) return first;
  const message = 'only some of the messages may have been stored; repeat with the same event ids to be sure';
  return new BackboneError('EB_OUTCOME_UNKNOWN', message, { cause: first });
}
