import type { Stream } from '../core/index.js';
import {
  copiedRecord,
  factPlace,
  factRecord,
  letterId,
  readFact,
  removalRecord,
  type EpochFact,
  type FactPlace,
  type GroupFact,
  type LetterFact,
} from './control-record.js';
import type { KafkaDriver, KafkaRecord, StoredRecord } from './kafka-driver.js';
import { readRecords } from './read-records.js';
import { topicNames } from './topic-names.js';
import type { Topics } from './topics.js';

/** What is known about one group. */
export interface GroupFacts {
  epoch: EpochFact | undefined;
  /** When a member that handles a type was last heard of. */
  readonly types: Map<string, number>;
  readonly letters: Map<string, LetterFact>;
}

/** A fact that is to be written; a dead letter with the record it is about. */
export interface NewFact {
  readonly group: string;
  readonly fact: GroupFact;
  readonly copied?: StoredRecord;
}

const READ_ANEW_MS = 3_600_000;
const TYPES_LIVE_MS = 48 * 3_600_000;
const ANNOUNCE_AGAIN_MS = 12 * 3_600_000;
const TIMEOUT_MS = 10_000;

/**
 * The memory of a stream's groups: a compacted topic of one partition, folded into what holds now. Everybody writes to it, and
 * sees what others wrote after the next `refresh`.
 */
export class GroupLog {
  readonly #driver: KafkaDriver;
  readonly #topics: Topics;
  readonly #stream: Stream;
  readonly #groups = new Map<string, GroupFacts>();
  // Where the newest known record of each place stands, removals included until they were read back.
  readonly #offsets = new Map<string, bigint>();
  readonly #watchers = new Set<() => void>();
  #next = 0n;
  #refreshedAt = 0;
  #refreshing: Promise<void> = Promise.resolve();
  #redriving: Promise<unknown> = Promise.resolve();

  constructor(driver: KafkaDriver, topics: Topics, stream: Stream) {
    this.#driver = driver;
    this.#topics = topics;
    this.#stream = stream;
  }

  /** The names of the groups that exist. */
  get groups(): readonly string[] {
    return [...this.#groups].filter(([, { epoch }]) => epoch !== undefined).map(([name]) => name);
  }

  group(name: string): GroupFacts {
    let facts = this.#groups.get(name);
    if (!facts) this.#groups.set(name, (facts = { epoch: undefined, types: new Map(), letters: new Map() }));
    return facts;
  }

  /** Whether a member of the group that handles a type was here lately. */
  handles(group: string, type: string): boolean {
    return Date.now() - (this.group(group).types.get(type) ?? 0) < TYPES_LIVE_MS;
  }

  /** Calls back whenever something has changed; returns how to stop that. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** Reads what was written since the last time; makes no topic. */
  refresh(): Promise<void> {
    // A call that is under way may have looked before the caller's reason to ask.
    const refreshed = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = refreshed.catch(() => undefined);
    return refreshed;
  }

  /** Remembers for the group that a member handles these types. */
  async announce(group: string, types: readonly string[]): Promise<void> {
    const known = this.group(group).types;
    const now = Date.now();
    const news = types.filter((type) => now - (known.get(type) ?? 0) > ANNOUNCE_AGAIN_MS);
    await this.write(news.map((type) => ({ group, fact: { kind: 'type', type, heardAt: now } })));
  }

  /** Writes facts, all confirmed when it resolves. */
  async write(facts: readonly NewFact[]): Promise<void> {
    await this.#append(facts.map(({ group, fact, copied }) => factRecord(group, fact, copied)));
  }

  /** Removes dead letters; returns how many there were. */
  async removeLetters(group: string, ids: readonly string[]): Promise<number> {
    const { letters } = this.group(group);
    const there = [...new Set(ids)].filter((id) => letters.has(id));
    await this.#append(there.map((id) => removalRecord({ group, kind: 'letter', id })));
    return there.length;
  }

  /** The record that a dead letter is about. */
  async recordOf(group: string, letter: LetterFact): Promise<StoredRecord | undefined> {
    const offset = this.#offsets.get(placeKey({ group, kind: 'letter', id: letterId(letter) }));
    if (offset === undefined) return undefined;
    const ranges = [{ partition: 0, from: offset, to: offset + 1n }];
    for await (const records of readRecords(this.#driver, topicNames(this.#stream).groups, ranges)) {
      const found = records.find((record) => record.offset === offset);
      if (found) return copiedRecord(found, letter);
    }
    return undefined;
  }

  /** Does one thing after another that takes dead letters out, so that none is taken out twice in this process. */
  oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#redriving.then(work);
    this.#redriving = done.catch(() => undefined);
    return done;
  }

  async #append(records: readonly KafkaRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#topics.groups(this.#stream);
    const offsets = await this.#driver.produce(topicNames(this.#stream).groups, records, TIMEOUT_MS);
    records.forEach((record, i) => {
      const offset = offsets[i];
      if (offset !== undefined) this.#fold({ ...record, offset }, false);
    });
    this.#changed();
  }

  async #refresh(): Promise<void> {
    const topic = topicNames(this.#stream).groups;
    if (!(await this.#topics.exists(topic))) return;
    const [marks] = await this.#driver.watermarks(topic);
    // Who was away for long may have missed removals that are compacted away by now.
    if (Date.now() - this.#refreshedAt > READ_ANEW_MS) this.#forget();
    this.#refreshedAt = Date.now();
    const { low = 0n, high = 0n } = marks ?? {};
    if (this.#next >= high) return;
    const from = this.#next > low ? this.#next : low;
    for await (const records of readRecords(this.#driver, topic, [{ partition: 0, from, to: high }])) {
      for (const record of records) this.#fold(record, true);
    }
    this.#next = high;
    this.#changed();
  }

  #forget(): void {
    this.#next = 0n;
    this.#groups.clear();
    this.#offsets.clear();
  }

  #fold(record: KafkaRecord & { readonly offset: bigint }, isRead: boolean): void {
    const place = factPlace(record);
    if (!place) return;
    const key = placeKey(place);
    const fact = readFact(record);
    if (record.offset > (this.#offsets.get(key) ?? -1n)) {
      this.#offsets.set(key, record.offset);
      this.#put(place, fact);
    }
    if (!fact && isRead && this.#offsets.get(key) === record.offset) this.#offsets.delete(key);
  }

  #put({ group, id }: FactPlace, fact: GroupFact | undefined): void {
    const facts = this.group(group);
    const { types, letters } = facts;
    if (fact?.kind === 'epoch') {
      if (fact.epoch >= (facts.epoch?.epoch ?? 0)) facts.epoch = fact;
    } else if (fact?.kind === 'type') types.set(fact.type, fact.heardAt);
    else if (fact?.kind === 'letter') letters.set(id, fact);
    else letters.delete(id);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function placeKey({ group, kind, id }: FactPlace): string {
  return `${group}/${kind}/${id}`;
}
