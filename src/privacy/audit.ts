import {
  argumentOfField,
  BackboneError,
  isBackboneError,
  PayloadFields,
  type Channel,
  type ContractDefinition,
  type Message,
  type PayloadStore,
  type ReadEvent,
  type Stream,
} from '../core/index.js';
import type { KeyRing } from './key-ring.js';
import { parseSealed, type SealedField } from './sealed-field.js';
import type { KeyStanding } from './stored-keys.js';
import type { SubjectIndex } from './subject-index.js';

/** One field that should not be readable, or not in the clear. Holds no data. */
export interface AuditFinding {
  /**
   * `erased`: of an erased person, and readable still, or again. `clear`: personal, and not encrypted although encryption
   * is on. `unreadable`: nobody can tell, since the event cannot be read.
   */
  readonly kind: 'erased' | 'clear' | 'unreadable';
  readonly stream: Stream;
  readonly eventId: string;
  readonly type: string;
  /** Absent when the event cannot be read. */
  readonly field?: string;
  /** Where it was found: `stream`, `dead letters of <group>`, or `store <name>`. */
  readonly where: string;
}

/** What an audit has seen. */
export interface AuditReport {
  readonly events: number;
  readonly deadLetters: number;
  /** At most 1,000. */
  readonly findings: readonly AuditFinding[];
  /** How many there are, also those that are not listed. */
  readonly found: number;
}

/** What is audited. */
export interface AuditedParts {
  /** The channel beneath the encryption. */
  readonly stored: Channel;
  readonly index: SubjectIndex;
  readonly ring?: KeyRing | undefined;
  /** True where personal fields are encrypted. */
  readonly encrypt: boolean;
  /** The payload stores that fields are routed to, by name. */
  readonly stores: Readonly<Record<string, PayloadStore>>;
}

const MOST_FINDINGS = 1_000;
const LETTERS_AT_A_TIME = 100;

/** A field as it is stored. */
interface StoredField {
  readonly message: Message;
  readonly field: string;
  readonly where: string;
  readonly sealed?: SealedField | undefined;
}

/** Looks at everything that is stored of contracts, past the encryption. */
export class Audit {
  readonly #parts: AuditedParts;
  readonly #onProgress: (more: number) => void;
  readonly #findings: AuditFinding[] = [];
  #events = 0;
  #deadLetters = 0;
  #found = 0;

  constructor(parts: AuditedParts, onProgress: (more: number) => void = () => undefined) {
    this.#parts = parts;
    this.#onProgress = onProgress;
  }

  get report(): AuditReport {
    return { events: this.#events, deadLetters: this.#deadLetters, findings: this.#findings, found: this.#found };
  }

  /** Goes through a stream, its payload stores, and what its groups have set aside. */
  async walk(contract: ContractDefinition, stream: Stream): Promise<void> {
    const { stored } = this.#parts;
    for await (const events of stored.read({ stream })) {
      this.#events += events.length;
      await this.#look(contract, stream, events, 'stream');
      await this.#lookIntoStores(stream, events);
      this.#onProgress(events.length);
    }
    for (const { group } of await stored.admin.groups(stream)) await this.#walkLetters(contract, stream, group);
  }

  async #walkLetters(contract: ContractDefinition, stream: Stream, group: string): Promise<void> {
    const { deadLetters } = this.#parts.stored.admin;
    for (let after: string | undefined; ;) {
      const letters = await deadLetters.list(stream, group, { after, limit: LETTERS_AT_A_TIME });
      for (const { id } of letters) {
        const event = (await deadLetters.show(stream, group, id))?.event;
        if (event) await this.#look(contract, stream, [event], `dead letters of ${group}`);
      }
      this.#deadLetters += letters.length;
      after = letters.at(-1)?.id;
      if (after === undefined) return;
    }
  }

  async #look(
    contract: ContractDefinition,
    stream: Stream,
    events: readonly ReadEvent[],
    where: string,
  ): Promise<void> {
    const fields: StoredField[] = [];
    for (const { message, malformed } of events) {
      if (!message) continue;
      if (malformed && !isBackboneError(malformed, 'EB_FIELDS_LOST')) this.#add('unreadable', stream, message, where);
      for (const field in message.fields) {
        const found = this.#storedField(contract, stream, message, field, where);
        if (found) fields.push(found);
      }
    }
    await this.#judge(stream, fields);
  }

  /** A personal or encrypted field that is there. */
  #storedField(
    contract: ContractDefinition,
    stream: Stream,
    message: Message,
    field: string,
    where: string,
  ): StoredField | undefined {
    try {
      const sealed = parseSealed(message.fields[field]);
      return sealed || isPersonal(contract, message, field) ? { message, field, where, sealed } : undefined;
    } catch (error) {
      if (!(error instanceof BackboneError)) throw error;
      this.#add('unreadable', stream, message, where, field);
      return undefined;
    }
  }

  async #judge(stream: Stream, fields: readonly StoredField[]): Promise<void> {
    if (fields.length === 0) return;
    const { index, encrypt } = this.#parts;
    const clear = fields.filter((one) => !one.sealed);
    const wereErased = await index.wereErased(clear.map(({ message: { id }, field }) => ({ stream, id, field })));
    for (const [i, { message, field, where }] of clear.entries()) {
      if (wereErased[i]) this.#add('erased', stream, message, where, field);
      else if (encrypt) this.#add('clear', stream, message, where, field);
    }
    for (const { message, field, where, key } of await this.#withKeys(fields)) {
      if (key === 'returned') this.#add('erased', stream, message, where, field);
    }
  }

  /** What was erased from an event may have been left behind in a store that it was routed to. */
  async #lookIntoStores(stream: Stream, events: readonly ReadEvent[]): Promise<void> {
    const erased = events.flatMap(({ message }) =>
      message ? (message.erased ?? []).map((field) => ({ message, key: { eventId: message.id, field } })) : [],
    );
    if (erased.length === 0) return;
    for (const [name, store] of Object.entries(this.#parts.stores)) {
      const where = `store ${name}`;
      const values = await new PayloadFields(store).get(erased.map(({ key }) => key));
      const left = erased.flatMap(({ message, key: { field } }, i): StoredField[] => {
        const value = values[i];
        return value instanceof Uint8Array ? [{ message, field, where, sealed: parseSealed(value) }] : [];
      });
      const readable = [...left.filter(({ sealed }) => !sealed), ...(await this.#withKeys(left))];
      for (const { message, field } of readable) this.#add('erased', stream, message, where, field);
    }
  }

  /** The encrypted ones among these whose keys can be had. */
  async #withKeys(fields: readonly StoredField[]): Promise<readonly (StoredField & { readonly key: KeyStanding })[]> {
    const { ring } = this.#parts;
    const sealed = fields.filter((one) => one.sealed);
    if (!ring || sealed.length === 0) return [];
    const keys = await ring.standing(sealed.flatMap((one) => one.sealed ?? []));
    return sealed.flatMap((one, i) => {
      const key = keys[i];
      return key && key !== 'gone' ? [{ ...one, key }] : [];
    });
  }

  #add(kind: AuditFinding['kind'], stream: Stream, { id, type }: Message, where: string, field?: string): void {
    this.#found += 1;
    if (this.#findings.length >= MOST_FINDINGS) return;
    this.#findings.push({ kind, stream, eventId: id, type, where, ...(field !== undefined && { field }) });
  }
}

function isPersonal({ byType }: ContractDefinition, message: Message, field: string): boolean {
  const event = byType.get(message.type);
  if (message.personal.includes(field) || event?.personal.includes(field)) return true;
  return event !== undefined && argumentOfField(event, field)?.stored?.encrypted === true;
}
