import {
  BackboneError,
  type ChannelAdmin,
  type GroupState,
  type ResetTarget,
  type Stream,
  type StreamExtent,
} from '../core/index.js';
import { channelError } from './channel-error.js';
import { groupState } from './group-state.js';
import type { GroupLog } from './group-log.js';
import type { KafkaDeadLetters } from './kafka-dead-letters.js';
import type { KafkaDriver } from './kafka-driver.js';
import { resetGroup } from './kafka-reset.js';
import type { KafkaSubscription } from './kafka-subscription.js';
import { topicNames } from './topic-names.js';
import type { Topics } from './topics.js';

/** What the administration works with. */
export interface AdminInput {
  readonly driver: KafkaDriver;
  readonly topics: Topics;
  readonly log: (stream: Stream) => GroupLog;
  readonly deadLetters: KafkaDeadLetters;
  /** The consumers of this channel; of others Kafka tells only what they have committed. */
  readonly subscriptions: (stream: Stream, group: string) => readonly KafkaSubscription[];
  /** Absent where the arguments are in the records. */
  readonly erase: ((stream: Stream, ids: readonly string[], fields?: readonly string[]) => Promise<number>) | undefined;
}

/** What an operator does to the streams of a Kafka channel. */
export class KafkaAdmin implements ChannelAdmin {
  readonly deadLetters: KafkaDeadLetters;
  readonly #input: AdminInput;

  constructor(input: AdminInput) {
    this.#input = input;
    this.deadLetters = input.deadLetters;
  }

  async groups(stream: Stream): Promise<readonly GroupState[]> {
    const names = await this.#told('reading the groups', async () => (await this.#log(stream)).groups);
    const states = await Promise.all(names.map((group) => this.state(stream, group)));
    return states.flatMap((state) => state ?? []);
  }

  /** Counts offsets, some of which may hold no event: what is copied when it is redriven, and marks of transactions. */
  extent(stream: Stream): Promise<StreamExtent> {
    return this.#told('reading how far a stream reaches', async () => {
      const { events: topic } = topicNames(stream);
      const marks = (await this.#input.topics.exists(topic)) ? await this.#input.driver.watermarks(topic) : [];
      const filled = marks.filter(({ low, high }) => low < high);
      return {
        events: Number(filled.reduce((sum, { low, high }) => sum + high - low, 0n)),
        isEstimated: true,
        appended: Number(marks.reduce((sum, { high }) => sum + high, 0n)),
        first: filled.map(({ partition, low }) => ({ partition, id: String(low) })),
        last: filled.map(({ partition, high }) => ({ partition, id: String(high - 1n) })),
      };
    });
  }

  state(stream: Stream, group: string): Promise<GroupState | undefined> {
    return this.#told('reading the state of a group', async () => {
      const facts = (await this.#log(stream)).group(group);
      if (!facts.epoch) return undefined;
      const members = this.#input.subscriptions(stream, group).flatMap(({ membership }) => membership ?? []);
      await Promise.all(members.map((member) => member.flush()));
      return groupState(this.#input.driver, stream, group, facts, members);
    });
  }

  reset(stream: Stream, group: string, to: ResetTarget): Promise<void> {
    return this.#told('resetting a group', async () => {
      const log = await this.#log(stream);
      // What is finished here and not committed yet would come as if it had not been.
      const here = this.#input.subscriptions(stream, group).flatMap(({ membership }) => membership ?? []);
      await Promise.all(here.map((member) => member.flush()));
      await resetGroup({ driver: this.#input.driver, log, stream, group }, to);
    });
  }

  trim(): Promise<number> {
    const message =
      "the Kafka channel does not trim; Kafka removes old events by the topic's retention.ms and retention.bytes";
    return Promise.reject(new BackboneError('EB_UNSUPPORTED', message));
  }

  erase(stream: Stream, ids: readonly string[], fields?: readonly string[]): Promise<number> {
    const { erase } = this.#input;
    if (erase) return this.#told('erasing', () => erase(stream, ids, fields));
    const message = "nothing can be erased from Kafka's records; keep arguments in a payload store (payloads)";
    return Promise.reject(new BackboneError('EB_UNSUPPORTED', message));
  }

  async #log(stream: Stream): Promise<GroupLog> {
    const log = this.#input.log(stream);
    await log.refresh();
    return log;
  }

  async #told<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw channelError(what, error);
    }
  }
}
