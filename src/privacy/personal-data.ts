import {
  isBackboneError,
  type Channel,
  type Codec,
  type ErrorCode,
  type ReadEvent,
  type Stream,
} from '../core/index.js';
import { eventsById } from './events-by-id.js';
import type { IndexEntry, SubjectIndex } from './subject-index.js';

/** What one event holds about a person. */
export interface PersonalEvent {
  readonly stream: Stream;
  readonly id: string;
  readonly type: string;
  /** When it was produced. */
  readonly time: Date;
  /** The person's own fields, as they were encoded: of dates the text. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Why the fields cannot be read, if so. */
  readonly unreadable?: ErrorCode;
}

/** What is needed to find a person's data. */
export interface PersonalDataParts {
  readonly channel: Channel;
  readonly index: SubjectIndex;
  readonly codec: Codec;
}

/** Reads what events hold about a person. */
export async function personalData(
  { channel, index, codec }: PersonalDataParts,
  pseudonym: string,
): Promise<readonly PersonalEvent[]> {
  const streams = new Map<string, { readonly stream: Stream; readonly entries: Map<string, IndexEntry> }>();
  for await (const page of index.entries(pseudonym)) {
    for (const entry of page) {
      const { environment, contract } = entry.stream;
      const name = `${environment}\n${contract}`;
      const own = streams.get(name) ?? { stream: entry.stream, entries: new Map<string, IndexEntry>() };
      streams.set(name, own);
      own.entries.set(entry.id, entry);
    }
  }
  const found: PersonalEvent[] = [];
  for (const { stream, entries } of streams.values()) {
    for await (const event of eventsById(channel, stream, [...entries.keys()])) {
      const entry = event.message && entries.get(event.message.id);
      if (event.message && entry) found.push({ ...told(event.message, stream), ...content(event, entry, codec) });
    }
  }
  return found.sort((a, b) => a.time.getTime() - b.time.getTime());
}

function told({ id, type, time }: NonNullable<ReadEvent['message']>, stream: Stream): Omit<PersonalEvent, 'fields'> {
  return { stream, id, type, time: new Date(time) };
}

function content(
  { message, malformed }: ReadEvent,
  { fields }: IndexEntry,
  codec: Codec,
): Pick<PersonalEvent, 'fields' | 'unreadable'> {
  if (malformed) return { fields: {}, unreadable: malformed.code };
  try {
    const there = fields.flatMap((field) => {
      const value = message?.fields[field];
      return typeof value === 'string' || value instanceof Uint8Array ? [[field, codec.decode(value)] as const] : [];
    });
    return { fields: Object.fromEntries(there) };
  } catch (error) {
    return { fields: {}, unreadable: isBackboneError(error) ? error.code : 'EB_UNDECODABLE' };
  }
}
