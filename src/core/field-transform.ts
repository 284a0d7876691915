import type { Stream } from './stream.js';
import type { BackboneError } from './errors.js';
import type { Message } from './message.js';

/** What is to become of the fields of stored events. */
export interface FieldErasure {
  readonly ids: readonly string[];
  /** These fields; the personal ones when absent. */
  readonly fields?: readonly string[] | undefined;
}

/** What becomes of personal fields on their way to a channel. */
export interface PersonalCare {
  /** It is noted whose data they are, so that it is found when that person is erased: messages must say so (`dataSubjects`). */
  readonly noted: boolean;
  /** They are encrypted: none of them reaches the channel in the clear. */
  readonly encrypted: boolean;
}

/**
 * Changes encoded fields between the producers and consumers of an application and its channel: routes them to payload
 * stores, encrypts them. Messages are never changed in place. Where nothing is to be done, the messages themselves come
 * back at once, without a promise.
 */
export interface FieldTransform {
  /** Before an append. What it rejects with reaches the producer, and nothing is appended. */
  outward(stream: Stream, messages: readonly Message[]): readonly Message[] | Promise<readonly Message[]>;
  /**
   * After a read: for each message what it was, or why it can never be read. Rejects when something is away for now; the
   * caller asks again. `fields` are the only ones that are wanted; all when absent.
   */
  inward(
    stream: Stream,
    messages: readonly Message[],
    fields?: readonly string[],
  ): readonly (Message | BackboneError)[] | Promise<readonly (Message | BackboneError)[]>;
  /** What it does for personal fields. Default: nothing. */
  readonly personal?: PersonalCare;
  /** Erases what it keeps outside the channel; returns the ids of the events that had something to erase. */
  erase?(stream: Stream, erasure: FieldErasure): Promise<readonly string[]>;
}
