import { randomUUID } from 'node:crypto';
import { BackboneError, checkedName, type FieldValue, type Message } from '../core/index.js';
import { ENTRY_FIELD, MAX_ENTRY_LENGTH } from './entry-format.js';
import type { StreamKeys } from './keys.js';
import { writeReference } from './field-reference.js';
import { APPEND, APPEND_INDEXED, APPEND_ONE, APPEND_ONE_INDEXED } from './scripts/append.js';
import type { Script } from './scripts/script.js';
import { writeEntry } from './write-entry.js';

/** A message made ready to be sent, any number of times. */
export interface PreparedEvent {
  readonly id: string;
  readonly key: string;
  readonly entry: string;
  /** The names of the plain fields, then of the personal ones. */
  readonly names: readonly string[];
  readonly values: readonly (string | Buffer)[];
  /** How many of them are plain. */
  readonly plain: number;
  /** Set for a large event: its fields go ahead of the script, which costs the server three times as much for them. */
  readonly nonce: string | undefined;
  readonly bytes: number;
}

/** The KEYS and ARGV of an append script, in one list behind the number of keys. */
export type AppendArguments = (string | Buffer | number)[];

/** A hash that goes ahead of the append script: its key, then names and values in turn. */
export type StagedHash = [key: string, ...fields: (string | Buffer)[]];

const LARGE_EVENT_BYTES = 4 * 1024;
// A script can pass some thousands of arguments on to one command, and two are needed for a field.
const MAX_FIELDS = 1_000;

const NO_NAMES: readonly string[] = Object.freeze([]);

// The server ends a connection on which a command of more than a million parts comes.
const MAX_PARTS = 500_000;
const PARTS_BESIDE_VALUES = 6;

/**
 * Makes a message ready to be sent.
 *
 * @throws BackboneError `EB_NAME`, `EB_ARGUMENT` or `EB_TOO_LARGE` for what no reader would understand.
 */
export function prepareEvent(message: Message, maxBytes: number): PreparedEvent {
  const { fields, personal } = message;
  const id = checkedName('event id', message.id);
  const all = Object.keys(fields);
  if (all.length > MAX_FIELDS) throw tooLarge(`${all.length} fields`, `${MAX_FIELDS}`);
  const own = personal.length === 0 ? NO_NAMES : all.filter((name) => personal.includes(name));
  const names = own.length === 0 ? all : [...all.filter((name) => !personal.includes(name)), ...own];
  const plain = all.length - own.length;
  const values: (string | Buffer)[] = [];
  const binary: string[] = [];
  const refs: string[] = [];
  let bytes = 0;
  for (const name of names) {
    const given = fields[checkedName('field', name)];
    const value = wireValue(given);
    bytes += name.length + value.length;
    values.push(value);
    if (typeof value !== 'string') binary.push(name);
    else if (typeof given !== 'string') refs.push(name);
  }
  // A character has three bytes at most.
  if (bytes * 3 > maxBytes) checkBytes(names, values, maxBytes);
  const large = bytes > LARGE_EVENT_BYTES;
  const entry = writeEntry(message, { plain, personal: names.length - plain, large, binary, refs });
  if (entry.length > MAX_ENTRY_LENGTH) throw tooLarge(`metadata of ${entry.length} characters`, `${MAX_ENTRY_LENGTH}`);
  const nonce = large ? randomUUID() : undefined;
  return { id, key: message.key, entry, names, values, plain, nonce, bytes: bytes + entry.length };
}

/**
 * Makes the messages of one append ready to be sent.
 *
 * @throws BackboneError as {@link prepareEvent} does, and `EB_TOO_LARGE` for more than one script call can carry.
 */
export function prepareEvents(messages: readonly Message[], maxBytes: number): readonly PreparedEvent[] {
  const events = messages.map((message) => prepareEvent(message, maxBytes));
  if (events.length === 1) return events;
  const parts = events.reduce((sum, { values }) => sum + values.length + PARTS_BESIDE_VALUES, 0);
  if (parts <= MAX_PARTS) return events;
  const message = `an append of ${events.length} events with ${parts} parts is too large, the limit is ${MAX_PARTS}`;
  throw new BackboneError('EB_TOO_LARGE', `${message}; nothing was stored, append fewer at once`);
}

function tooLarge(what: string, limit: string): BackboneError {
  return new BackboneError('EB_TOO_LARGE', `the event has ${what}, the limit is ${limit}; nothing was stored`);
}

function checkBytes(names: readonly string[], values: readonly (string | Buffer)[], maxBytes: number): void {
  const bytes = [...names, ...values].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (bytes > maxBytes) throw tooLarge(`${bytes} bytes of arguments`, `${maxBytes} (maxEventBytes of the channel)`);
}

function wireValue(value: FieldValue | undefined): string | Buffer {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value) return writeReference(value);
  throw new BackboneError('EB_ARGUMENT', 'a field of the event has no value; nothing was stored');
}

/** The script that appends these events, and its arguments; with `indexed`, also to the index of their keys. */
export function appendCall(
  keys: StreamKeys,
  events: readonly PreparedEvent[],
  indexed = false,
): readonly [script: Script, args: AppendArguments] {
  const [event] = events;
  const isOneSmall = event && events.length === 1 && event.nonce === undefined;
  if (isOneSmall) return [indexed ? APPEND_ONE_INDEXED : APPEND_ONE, oneArguments(keys, event, indexed)];
  return [indexed ? APPEND_INDEXED : APPEND, manyArguments(keys, events, indexed)];
}

function oneArguments(
  keys: StreamKeys,
  { id, key, entry, names, values, plain }: PreparedEvent,
  indexed: boolean,
): AppendArguments {
  const list: AppendArguments = [0, keys.stream, keys.layout];
  if (indexed) list.push(keys.keyIndex, keys.ofKey(key));
  list.push(keys.event(id));
  if (plain < names.length) list.push(keys.personal(id));
  list[0] = list.length - 1;
  list.push(ENTRY_FIELD, keys.partitions, entry, plain);
  for (let i = 0; i < names.length; i += 1) list.push(names[i] as string, values[i] as string | Buffer);
  return list;
}

/** Events with the same field names share one list of them. */
function manyArguments(keys: StreamKeys, events: readonly PreparedEvent[], indexed: boolean): AppendArguments {
  const shapes: PreparedEvent[] = [];
  const keyList: AppendArguments = [0, keys.stream, keys.layout];
  if (indexed) keyList.push(keys.keyIndex);
  const perEvent: AppendArguments = [];
  for (const event of events) {
    let shape = shapes.findIndex((other) => sameNames(event, other));
    if (shape < 0) shape = shapes.push(event) - 1;
    const { id, key, nonce, plain, values, entry } = event;
    const personal = values.length - plain;
    keyList.push(keys.event(id));
    if (indexed) keyList.push(keys.ofKey(key));
    if (personal > 0) keyList.push(keys.personal(id));
    if (nonce === undefined) {
      perEvent.push(2 * shape + 2, entry);
      for (const value of values) perEvent.push(value);
    } else {
      if (plain > 0) keyList.push(keys.staged(id, nonce));
      if (personal > 0) keyList.push(keys.staged(id, `${nonce}:personal`));
      perEvent.push(2 * shape + 3, entry);
    }
  }
  keyList[0] = keyList.length - 1;
  keyList.push(ENTRY_FIELD, keys.partitions, shapes.length);
  for (const { names, plain } of shapes) keyList.push(plain, names.length - plain, ...names);
  keyList.push(events.length);
  for (const argument of perEvent) keyList.push(argument);
  return keyList;
}

function sameNames(a: PreparedEvent, b: PreparedEvent): boolean {
  if (a.plain !== b.plain || a.names.length !== b.names.length) return false;
  for (let i = 0; i < a.names.length; i += 1) if (a.names[i] !== b.names[i]) return false;
  return true;
}

/** The hashes of large events' fields, each with its key and its fields as one list of names and values. */
export function stagedHashes(keys: StreamKeys, events: readonly PreparedEvent[]): readonly StagedHash[] {
  const hashes: StagedHash[] = [];
  for (const { id, names, values, plain, nonce } of events) {
    if (nonce === undefined) continue;
    const fields = names.map((name, i) => [name, values[i] as string | Buffer] as const);
    if (plain > 0) hashes.push([keys.staged(id, nonce), ...fields.slice(0, plain).flat()]);
    if (plain < names.length) hashes.push([keys.staged(id, `${nonce}:personal`), ...fields.slice(plain).flat()]);
  }
  return hashes;
}
