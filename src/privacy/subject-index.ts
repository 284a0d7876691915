import { hash } from 'node:crypto';
import type { FieldTransform, Message, PayloadKey, PayloadStore, Stream } from '../core/index.js';
import { notStored } from './not-stored.js';
import { onceDone, verifyStore, type StoredCheck } from './store-check.js';
import { subjectsOf, type SubjectOptions } from './subjects-of.js';

/** One event that holds data of a person, and where it is. */
export interface IndexEntry {
  readonly stream: Stream;
  readonly id: string;
  readonly key: string;
  /** The fields that hold data of this person. */
  readonly fields: readonly string[];
}

/** One field of an event, anywhere. */
export interface FieldOfEvent {
  readonly stream: Stream;
  readonly id: string;
  readonly field: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// A store may read them in one step, and everybody else waits for it.
const ENTRIES_AT_A_TIME = 64;

/**
 * Knows which events hold data of whom, so that nobody has to search the streams for them, and which fields were erased.
 * It knows people by their pseudonyms only.
 */
export class SubjectIndex {
  /** Makes sure that the store was used with this secret; once it has succeeded, it costs nothing. */
  readonly verify: () => Promise<void>;
  readonly #store: PayloadStore;
  readonly #options: SubjectOptions;

  constructor(store: PayloadStore, options: SubjectOptions) {
    this.#store = store;
    this.#options = options;
    this.verify = onceDone(() => verifyStore(store, [secretCheck(options)]));
  }

  /** Puts the people of messages into the index before these are appended. */
  get transform(): FieldTransform {
    return {
      personal: { noted: true, encrypted: false },
      outward: async (stream, messages) => {
        if (messages.some(({ dataSubjects }) => dataSubjects)) {
          await this.#put(stream, messages).catch(notStored('the index of data subjects'));
        }
        return messages;
      },
      inward: (_, messages) => Promise.resolve(messages),
    };
  }

  /** The events that hold data of a person, page by page. */
  async *entries(pseudonym: string): AsyncGenerator<readonly IndexEntry[], void, undefined> {
    await this.verify();
    for (const part of ALPHABET) {
      const keys = await this.#store.list(partOf(pseudonym, part));
      for (let i = 0; i < keys.length; i += ENTRIES_AT_A_TIME) {
        const values = await this.#store.get(keys.slice(i, i + ENTRIES_AT_A_TIME));
        yield values.flatMap((value) => (value ? [parsedEntry(value)] : []));
      }
    }
  }

  /** Forgets that a few events hold data of a person, because it was erased: that is remembered. */
  async removeErased(pseudonym: string, entries: readonly IndexEntry[]): Promise<void> {
    const marks = entries.flatMap(({ stream, id, fields }) =>
      fields.map((field) => ({ ...this.#markOf({ stream, id, field }), value: Buffer.of(1) })),
    );
    await this.#store.put(marks);
    await this.#store.erase(entries.map(({ stream, id }) => this.#keyOf(pseudonym, stream, id)));
  }

  /** Tells of each field whether it was erased. */
  async wereErased(fields: readonly FieldOfEvent[]): Promise<readonly boolean[]> {
    const marks = await this.#store.get(fields.map((field) => this.#markOf(field)));
    return marks.map((mark) => mark !== undefined);
  }

  async #put(stream: Stream, messages: readonly Message[]): Promise<void> {
    await this.verify();
    const entries = messages.flatMap((message) => {
      const { id, key } = message;
      return [...fieldsByPerson(subjectsOf(message, this.#options))].map(([pseudonym, fields]) => ({
        ...this.#keyOf(pseudonym, stream, id),
        value: Buffer.from(JSON.stringify({ stream, id, key, fields } satisfies IndexEntry)),
      }));
    });
    await this.#store.put(entries);
  }

  #keyOf(pseudonym: string, stream: Stream, id: string): PayloadKey {
    const field = this.#options.pseudonyms.ofEvent(stream, id);
    return { eventId: partOf(pseudonym, field.charAt(0)), field };
  }

  #markOf({ stream, id, field }: FieldOfEvent): PayloadKey {
    const event = this.#options.pseudonyms.ofEvent(stream, id);
    return { eventId: `erased-fields.${event.slice(0, 2)}`, field: `${event}.${hash('sha256', field).slice(0, 32)}` };
  }
}

/** Recognises the secret that pseudonyms were made with: under another one nobody would be found. */
export function secretCheck({ pseudonyms }: Pick<SubjectOptions, 'pseudonyms'>): StoredCheck {
  const value = Buffer.from(pseudonyms.check);
  return {
    name: 'secret',
    value,
    fits: (stored) => value.equals(stored),
    otherwise:
      '`privacy.secret` is not the one that the stores of keys and data subjects were used with, and nobody would be ' +
      'found under this one; give it its old value back',
  };
}

/** An index has parts, so that no list of one person's events is too long to be read at once. */
function partOf(pseudonym: string, part: string): string {
  return `subject.${pseudonym}.${part}`;
}

function fieldsByPerson(people: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const [field, pseudonym] of people) fields.set(pseudonym, [...(fields.get(pseudonym) ?? []), field]);
  return fields;
}

function parsedEntry(value: Uint8Array): IndexEntry {
  return JSON.parse(Buffer.from(value).toString()) as IndexEntry;
}
