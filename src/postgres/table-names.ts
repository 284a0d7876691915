import { createHash } from 'node:crypto';
import { BackboneError } from '../core/index.js';

/** Where the tables of a channel are, as SQL: every name is quoted. */
export interface TableNames {
  readonly schema: string;
  readonly events: string;
  readonly sequence: string;
  readonly trimmed: string;
  readonly keys: string;
  readonly members: string;
  readonly types: string;
  readonly slots: string;
  readonly pasts: string;
  readonly letters: string;
  readonly parked: string;
  /** The function that appends. */
  readonly append: string;
  /** The function that appends one event whatever its key holds. */
  readonly appendOne: string;
  /** The function that reads the next events of slots and hands them out. */
  readonly read: string;
  /** The function that ends events and stores how far slots are settled. */
  readonly settle: string;
  /** The function that samples how far positions were drawn, and who may still be at it. */
  readonly sample: string;
  /** The function that takes a sample and says how far a reader may go. */
  readonly mark: string;
  /** The function of the triggers. */
  readonly trigger: string;
  /** What names of indexes begin with. */
  readonly index: (suffix: string) => string;
  /** The first number of the advisory locks of these tables. */
  readonly lock: number;
  /** Where it is told that events came. */
  readonly eventsSignal: string;
  /** Where it is told that something came free, or is to be handed out again. */
  readonly groupsSignal: string;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,47}$/;

/**
 * Names the tables of a channel.
 *
 * @throws BackboneError `EB_OPTIONS` for a name that would not be an identifier, or too long with what is added to it.
 */
export function tableNames({ schema = 'public', table = 'eb_events' }: TableOptions = {}): TableNames {
  const within = `"${checkedIdentifier('schema', schema)}".`;
  const base = checkedIdentifier('table', table);
  const name = (suffix: string) => `${within}"${base}${suffix}"`;
  const hash = createHash('sha256').update(`${schema}.${table}`).digest();
  const signal = `eb_${hash.toString('hex').slice(0, 40)}`;
  return Object.freeze({
    schema: `"${schema}"`,
    events: name(''),
    sequence: name('_position_seq'),
    trimmed: name('_trimmed'),
    keys: name('_keys'),
    members: name('_members'),
    types: name('_types'),
    slots: name('_slots'),
    pasts: name('_pasts'),
    letters: name('_letters'),
    parked: name('_parked'),
    append: name('_append'),
    appendOne: name('_append_one'),
    read: name('_read'),
    settle: name('_settle'),
    sample: name('_sample'),
    mark: name('_mark'),
    trigger: name('_inserted'),
    index: (suffix: string) => `"${base}_${suffix}"`,
    lock: hash.readInt32BE(0),
    eventsSignal: signal,
    groupsSignal: `${signal}_groups`,
  });
}

/** Which tables a channel uses. */
export interface TableOptions {
  readonly schema?: string;
  readonly table?: string;
}

/** The second number of the advisory locks: what each of them is about. */
export const LOCKS = Object.freeze({ append: 1, notify: 2, create: 3, keys: 1_000 });

/** Into how many locks the keys of versioned appends fall. */
export const KEY_LOCKS = 256;

function checkedIdentifier(option: string, name: string): string {
  if (IDENTIFIER.test(name)) return name;
  throw new BackboneError(
    'EB_OPTIONS',
    `${option} is not a name for SQL; use 1 to 48 letters, digits and "_", with no digit first`,
    { details: { path: option } },
  );
}
