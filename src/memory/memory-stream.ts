import {
  BackboneError,
  type ExpectedVersion,
  type Message,
  type Published,
  type Stream,
  type StreamExtent,
  type TrimLimits,
} from '../core/index.js';
import { AppendSignal } from './append-signal.js';
import type { GroupSource } from './group-source.js';
import { MemoryGroup } from './memory-group.js';
import { copyFields, copyMessage } from './memory-message.js';
import { positionOf } from './memory-position.js';
import { trimmable } from './memory-trim.js';
import type { StoredEvent } from './stored-event.js';

/** The events of one contract in one environment, and the groups that consume them. */
export class MemoryStream implements GroupSource {
  readonly groups = new Map<string, MemoryGroup>();
  /** Wakes those who follow. */
  readonly appended = new AppendSignal();
  readonly stream: Stream;
  readonly now: () => number;
  readonly #changed: () => void;
  readonly #numbers = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  /** The numbers of the events of each key, without those that were trimmed. */
  readonly #keys = new Map<string, number[]>();
  // With a hole where an event was trimmed behind one that had to stay.
  readonly #events: (StoredEvent | undefined)[] = [];
  #trimmed = 0;
  #holes = 0;

  /** `changed` is called whenever a group of the stream may have become settled. */
  constructor(stream: Stream, now: () => number, changed: () => void) {
    this.stream = stream;
    this.now = now;
    this.#changed = changed;
  }

  /** How many events were trimmed: the number before the oldest one that is left. */
  get trimmed(): number {
    return this.#trimmed;
  }

  /** The number of the newest event; 0 before the first one. */
  get last(): number {
    return this.#trimmed + this.#events.length;
  }

  get extent(): StreamExtent {
    const { last } = this;
    const events = this.#events.length - this.#holes;
    // The oldest event is never a hole; the newest may be one.
    const newest = this.#events.findLast((event) => event !== undefined);
    return {
      ...{ events, isEstimated: false, appended: last },
      first: newest ? [positionOf(this.#trimmed + 1)] : [],
      last: newest ? [positionOf(newest.number)] : [],
      lastAt: newest?.appendedAt,
    };
  }

  /** The group of this name, which begins where it is told if it does not exist yet. */
  group(name: string, from: 'beginning' | 'end'): MemoryGroup {
    let group = this.groups.get(name);
    if (!group) {
      group = new MemoryGroup(name, this, this.#changed);
      group.reset(from === 'end' ? this.last : 0);
      this.groups.set(name, group);
    }
    return group;
  }

  /** Appends the messages that are not stored yet, all or none. */
  append(messages: readonly Message[], expected: ExpectedVersion): readonly Published[] {
    const isNew = messages.some(({ id }) => !this.#numbers.has(id));
    // A repeated append must find its events although they themselves have moved the version on.
    if (isNew) this.#expect(messages, expected);
    const published = messages.map((message) => this.#store(message));
    if (!isNew) return published;
    for (const group of this.groups.values()) group.wake();
    this.appended.notify();
    return published;
  }

  /** The event of this number, unless it was trimmed. */
  at(number: number): StoredEvent | undefined {
    return this.#events[number - this.#trimmed - 1];
  }

  /** The event of this id, unless it was trimmed. */
  withId(id: string): StoredEvent | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.at(number);
  }

  /** The numbers of the events of a key after one number up to another one. */
  numbersOf(key: string, after: number, until: number): readonly number[] {
    const numbers = this.#keys.get(key) ?? [];
    return numbers.slice(firstAbove(numbers, after), firstAbove(numbers, until));
  }

  /** The events after one number up to another one. */
  between(after: number, until: number): readonly StoredEvent[] {
    const events = this.#events.slice(Math.max(0, after - this.#trimmed), Math.max(0, until - this.#trimmed));
    return events.flatMap((event) => event ?? []);
  }

  /** Removes what the limits let go, unless a group has not finished it or a dead letter refers to it; returns how many. */
  trim(limits: TrimLimits): number {
    const groups = [...this.groups.values()];
    const reach = limits.force ? this.last : Math.min(this.last, ...groups.map((group) => group.finished));
    const going = trimmable(this.between(0, this.last), limits).filter(
      ({ number }) => limits.force || (number <= reach && !groups.some(({ letters }) => letters.has(number))),
    );
    for (const { number } of going) this.#events[number - this.#trimmed - 1] = undefined;
    this.#forgetKeys(going);
    const left = this.#events.findIndex((event) => event !== undefined);
    this.#trimmed += this.#events.splice(0, left < 0 ? this.#events.length : left).length;
    this.#holes = this.#events.filter((event) => event === undefined).length;
    if (limits.force) for (const group of groups) group.loseTrimmed();
    return going.length;
  }

  /** Erases fields of an event, the personal ones when none are named; tells whether there was something to erase. */
  erase(id: string, names: readonly string[] | undefined): boolean {
    const event = this.withId(id);
    if (!event) return false;
    const { message, number } = event;
    const gone = new Set((names ?? message.personal).filter((name) => name in message.fields));
    const kept = copyFields(message.fields, (name) => !gone.has(name));
    const erased = [...(message.erased ?? []), ...gone];
    this.#events[number - this.#trimmed - 1] = { ...event, message: copyMessage(message, kept, erased) };
    return gone.size > 0;
  }

  #expect(messages: readonly Message[], expected: ExpectedVersion): void {
    if (expected === 'any') return;
    const [key = '', ...others] = new Set(messages.map((message) => message.key));
    if (others.length > 0) {
      throw new BackboneError(
        'EB_ARGUMENT',
        'the messages of an append with `expected` have different keys; use one key',
      );
    }
    const actual = this.#versions.get(key) ?? 0;
    const holds = expected === 'none' ? actual === 0 : expected === 'exists' ? actual > 0 : actual === expected;
    if (holds) return;
    throw new BackboneError(
      'EB_CONFLICT',
      `the key holds ${actual} events where ${expected} was expected; read it again and decide anew`,
      { details: { expected, actual } },
    );
  }

  #forgetKeys(trimmed: readonly StoredEvent[]): void {
    const gone = new Set(trimmed.map(({ number }) => number));
    for (const key of new Set(trimmed.map(({ message }) => message.key))) {
      const left = this.#keys.get(key)?.filter((number) => !gone.has(number)) ?? [];
      if (left.length > 0) this.#keys.set(key, left);
      else this.#keys.delete(key);
    }
  }

  #store(message: Message): Published {
    const known = this.#numbers.get(message.id);
    if (known !== undefined) return { position: positionOf(known), duplicate: true };
    const number = this.last + 1;
    this.#events.push({ number, appendedAt: this.now(), message: copyMessage(message) });
    this.#numbers.set(message.id, number);
    this.#versions.set(message.key, (this.#versions.get(message.key) ?? 0) + 1);
    const ofKey = this.#keys.get(message.key);
    if (ofKey) ofKey.push(number);
    else this.#keys.set(message.key, [number]);
    return { position: positionOf(number), duplicate: false };
  }
}

/** Where the first number above another one stands in a list that rises. */
function firstAbove(numbers: readonly number[], number: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((numbers[middle] ?? 0) > number) to = middle;
    else from = middle + 1;
  }
  return from;
}
