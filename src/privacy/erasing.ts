import {
  erasureMessage,
  isBackboneError,
  type Channel,
  type Codec,
  type ContractDefinition,
  type Message,
  type Stream,
} from '../core/index.js';
import type { BegunErasure, ErasureJournal } from './erasure-journal.js';
import type { KeyRing } from './key-ring.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { IndexEntry, SubjectIndex } from './subject-index.js';

/** What an erasure works on. */
export interface ErasingParts {
  readonly channel: Channel;
  readonly index: SubjectIndex;
  readonly journal: ErasureJournal;
  /** Absent where nothing is encrypted. */
  readonly ring?: KeyRing | undefined;
  readonly contracts: () => Iterable<ContractDefinition>;
  readonly pseudonyms: Pseudonyms;
  /** The application that erases. */
  readonly source: string;
  readonly codec: Codec;
}

/** What was erased. */
export interface ErasureReport {
  /** Events that held data of the person and were found, in all streams. */
  readonly events: number;
  /** Fields of these. */
  readonly fields: number;
  /** Data keys that were erased: nothing that was encrypted under them can be read again, wherever it is. */
  readonly keys: number;
  /** `$erased` events that were appended: one for each stream and key, more where many events have the same. */
  readonly announced: number;
}

const NOTHING: ErasureReport = Object.freeze({ events: 0, fields: 0, keys: 0, announced: 0 });
/** So many are kept in memory until they are announced. */
const ENTRIES_AT_A_TIME = 10_000;
const EVENTS_IN_ONE_ANNOUNCEMENT = 1_000;
// Others use the same server: they wait for what is sent to it at a time.
const EVENTS_AT_A_TIME = 16;
const MESSAGES_AT_A_TIME = 50;

/** Carries an erasure out, from wherever one that was cut off has come to. */
export async function carryOut(
  parts: ErasingParts,
  erasure: BegunErasure,
  onProgress: (more: number) => void = () => undefined,
): Promise<ErasureReport> {
  const { index, journal, ring } = parts;
  const { pseudonym, keyId } = erasure;
  const isKeyErased = keyId !== undefined && ring ? await ring.erase({ pseudonym, keyId }) : false;
  let report: ErasureReport = { ...NOTHING, keys: isKeyErased ? 1 : 0 };
  let waiting: IndexEntry[] = [];
  const finish = async () => {
    const announced = await announce(parts, erasure, waiting);
    await index.removeErased(pseudonym, waiting);
    const fields = waiting.reduce((sum, entry) => sum + entry.fields.length, 0);
    report = { ...report, fields: report.fields + fields, announced: report.announced + announced };
    waiting = [];
  };
  for await (const page of index.entries(pseudonym)) {
    if (page.length === 0) continue;
    // What another process has finished may be the past of a person who has come back.
    if (!(await journal.isOpen(erasure))) return report;
    const events = await eraseFields(parts.channel, page);
    report = { ...report, events: report.events + events };
    onProgress(events);
    waiting.push(...page);
    if (waiting.length >= ENTRIES_AT_A_TIME) await finish();
  }
  await finish();
  await journal.end(erasure);
  return report;
}

/** Erases the fields in the channel, and in the payload stores behind it. */
async function eraseFields(channel: Channel, page: readonly IndexEntry[]): Promise<number> {
  let events = 0;
  const alike = grouped(page, ({ stream, fields }) => [...placeOf(stream), ...fields].join('\n'));
  for (const [first, ...rest] of alike) {
    if (!first) continue;
    const ids = [first, ...rest].map(({ id }) => id);
    for (let i = 0; i < ids.length; i += EVENTS_AT_A_TIME) {
      events += await eraseInChannel(channel, first.stream, ids.slice(i, i + EVENTS_AT_A_TIME), first.fields);
    }
  }
  return events;
}

/** Erases fields as far as the channel can; where it cannot, all of them are encrypted, and the key is gone. */
export async function eraseInChannel(
  channel: Channel,
  stream: Stream,
  ids: readonly string[],
  fields: readonly string[],
): Promise<number> {
  try {
    return await channel.admin.erase(stream, ids, fields);
  } catch (error) {
    if (!channel.supports.erase && isBackboneError(error, 'EB_UNSUPPORTED')) return ids.length;
    throw error;
  }
}

/** Tells read models and other copies what to forget. */
async function announce(
  parts: ErasingParts,
  { pseudonym, time }: BegunErasure,
  entries: readonly IndexEntry[],
): Promise<number> {
  const { channel, codec, source } = parts;
  const byStream = new Map<string, { readonly stream: Stream; readonly messages: Message[] }>();
  for (const alike of grouped(entries, ({ stream, key }) => [...placeOf(stream), key].join('\n'))) {
    const [first] = alike;
    const contract = first && [...parts.contracts()].find(({ name }) => name === first.stream.contract);
    if (!first || !contract) continue;
    const { stream, key } = first;
    const place = placeOf(stream).join('\n');
    const own = byStream.get(place) ?? { stream, messages: [] };
    byStream.set(place, own);
    const sorted = alike.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (let i = 0; i < sorted.length; i += EVENTS_IN_ONE_ANNOUNCEMENT) {
      const some = sorted.slice(i, i + EVENTS_IN_ONE_ANNOUNCEMENT);
      const erasure = {
        subject: pseudonym,
        events: some.map(({ id }) => id),
        fields: [...new Set(some.flatMap(({ fields }) => fields))].sort(),
        time,
      };
      own.messages.push(erasureMessage(contract, { key, erasure, codec, source }));
    }
  }
  let count = 0;
  for (const { stream, messages } of byStream.values()) {
    for (let i = 0; i < messages.length; i += MESSAGES_AT_A_TIME) {
      await channel.publish(stream, messages.slice(i, i + MESSAGES_AT_A_TIME));
    }
    count += messages.length;
  }
  return count;
}

function placeOf({ environment, contract }: Stream): readonly [string, string] {
  return [environment, contract];
}

function grouped<T>(items: readonly T[], by: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = by(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
