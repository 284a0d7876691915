import { erasureMessage, isBackboneError, type Channel, type Codec, type ContractDefinition } from '../core/index.js';
import type { BegunErasure, ErasureJournal } from './erasure-journal.js';
import type { KeyRing } from './key-ring.js';
import { Pace } from './pace.js';
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
const MESSAGES_AT_A_TIME = 32;
const REMOVED_AT_A_TIME = 48;

/** Carries an erasure out, from wherever one that was cut off has come to. */
export async function carryOut(
  parts: ErasingParts,
  erasure: BegunErasure,
  onProgress: (more: number) => void = () => undefined,
): Promise<ErasureReport> {
  const { channel, index, journal, ring } = parts;
  const { pseudonym, keyId, event } = erasure;
  const isKeyErased = keyId !== undefined && ring ? await ring.erase({ pseudonym, keyId }) : false;
  let report: ErasureReport = { ...NOTHING, keys: isKeyErased ? 1 : 0 };
  let waiting: IndexEntry[] = [];
  const pace = new Pace();
  const finish = async () => {
    const announced = await announce(parts, erasure, waiting, pace);
    for (const some of slices(waiting, REMOVED_AT_A_TIME)) {
      await index.removeErased(pseudonym, some);
      await pace.rest();
    }
    const fields = waiting.reduce((sum, entry) => sum + entry.fields.length, 0);
    report = { ...report, fields: report.fields + fields, announced: report.announced + announced };
    waiting = [];
  };
  for await (const page of event ? [[event]] : index.entries(pseudonym)) {
    await pace.rest();
    if (page.length === 0) continue;
    // What another process has finished may be the past of a person who has come back.
    if (!(await journal.isOpen(erasure))) return report;
    const events = await eraseFields(channel, page, pace);
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
async function eraseFields(channel: Channel, page: readonly IndexEntry[], pace: Pace): Promise<number> {
  let events = 0;
  for (const alike of grouped(page, (entry) => [placeOf(entry), ...entry.fields].join('\n'))) {
    for (const some of slices(alike, EVENTS_AT_A_TIME)) {
      events += await eraseInChannel(channel, some);
      await pace.rest();
    }
  }
  return events;
}

/** Erases fields as far as the channel can; where it cannot, all of them are encrypted, and the key is gone. */
async function eraseInChannel(channel: Channel, alike: readonly IndexEntry[]): Promise<number> {
  const [first] = alike;
  if (!first) return 0;
  try {
    const ids = alike.map(({ id }) => id);
    return await channel.admin.erase(first.stream, ids, first.fields);
  } catch (error) {
    if (!channel.supports.erase && isBackboneError(error, 'EB_UNSUPPORTED')) return alike.length;
    throw error;
  }
}

/** Tells read models and other copies what to forget. */
async function announce(
  { channel, codec, contracts, source }: ErasingParts,
  { pseudonym, time, event }: BegunErasure,
  entries: readonly IndexEntry[],
  pace: Pace,
): Promise<number> {
  const known = [...contracts()];
  let count = 0;
  for (const ofStream of grouped(entries, placeOf)) {
    const [{ stream } = {}] = ofStream;
    const contract = known.find(({ name }) => name === stream?.contract);
    if (!stream || !contract) continue;
    const announced = grouped(ofStream, ({ key }) => key).flatMap((ofKey) =>
      slices(
        ofKey.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        EVENTS_IN_ONE_ANNOUNCEMENT,
      ),
    );
    for (const some of slices(announced, MESSAGES_AT_A_TIME)) {
      const messages = some.map((ofKey) => {
        const erasure = {
          ...(!event && { subject: pseudonym }),
          events: ofKey.map(({ id }) => id),
          fields: [...new Set(ofKey.flatMap(({ fields }) => fields))].sort(),
          time,
        };
        return erasureMessage(contract, { key: ofKey[0]?.key ?? '', erasure, codec, source });
      });
      await channel.publish(stream, messages);
      await pace.rest();
    }
    count += announced.length;
  }
  return count;
}

function placeOf({ stream: { environment, contract } }: IndexEntry): string {
  return `${environment}\n${contract}`;
}

function slices<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
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
