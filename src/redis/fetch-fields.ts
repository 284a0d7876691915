import { BackboneError, isName, newFields, type DeliveryPast, type FieldValue } from '../core/index.js';
import { largeHashes, smallHashes } from './fetch-hashes.js';
import { readReference } from './field-reference.js';
import { NO_HASH, type Hash } from './hash-pack.js';
import type { StreamKeys } from './keys.js';
import type { KnownHashes } from './known-hashes.js';
import { readEntry, type Entry, type EntryRecord, type ReadRecord } from './record.js';
import type { RedisConnection } from './redis-connection.js';

/** An entry, how often it has been handed out, and what its group remembers about it. */
export interface Found {
  readonly entry: Entry;
  readonly deliveries: number;
  readonly past?: DeliveryPast;
}

/** Where entries come from. */
export interface FetchSource {
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  /** An event whose hashes hold more is malformed; its fields are not fetched. */
  readonly maxEventBytes: number;
  /** Hashes of one of the events that have come with its entry. */
  readonly known?: KnownHashes | undefined;
}

/** An event whose fields are wanted. */
interface Wanted extends EntryRecord {
  readonly message: NonNullable<ReadRecord['message']>;
}

/** Reads entries and the fields of those whose type is wanted, in one round trip for a batch of small events. */
export async function fetchFields(
  { connection, keys, maxEventBytes, known }: FetchSource,
  found: readonly Found[],
  wanted: (type: string) => boolean,
): Promise<readonly ReadRecord[]> {
  const small: Wanted[] = [];
  const large: Wanted[] = [];
  const records = found.map(({ entry, deliveries, past }) => {
    const { delivery, stored } = readEntry(entry, deliveries, keys.partition);
    const { message } = delivery;
    delivery.past = past;
    if (!message) return delivery;
    delivery.fieldsOmitted = !wanted(message.type);
    if (delivery.fieldsOmitted || stored.plain + stored.personal === 0) return delivery;
    const event = { delivery, stored, message };
    if (stored.large) large.push(event);
    else if (known?.eventId !== message.id || !addKnown(event, known)) small.push(event);
    return delivery;
  });
  if (small.length > 0) {
    const names = small.flatMap((event) => hashesOf(event, keys));
    const hashes = await smallHashes(connection, names);
    let next = 0;
    for (const event of small) {
      const plain = event.stored.plain > 0 ? hashes[next++] : NO_HASH;
      const personal = event.stored.personal > 0 ? hashes[next++] : NO_HASH;
      if (plain && personal) addFields(event, plain, personal);
      else large.push(event);
    }
  }
  if (large.length > 0) {
    const names = large.map((event) => hashesOf(event, keys));
    const hashes = await largeHashes(connection, names, maxEventBytes);
    for (const [i, event] of large.entries()) {
      const own = hashes[i];
      if (own) addFields(event, ...(event.stored.plain > 0 ? own : [NO_HASH, ...own]));
      else event.delivery.malformed = tooLarge(event.message.id, maxEventBytes);
    }
  }
  return records;
}

/** The keys of those hashes that an entry speaks of. */
function hashesOf({ stored, message }: Wanted, keys: StreamKeys): readonly string[] {
  const hashes: string[] = [];
  if (stored.plain > 0) hashes.push(keys.event(message.id));
  if (stored.personal > 0) hashes.push(keys.personal(message.id));
  return hashes;
}

/** Tells whether all that the entry speaks of is known. */
function addKnown(event: Wanted, known: KnownHashes): boolean {
  const plain = event.stored.plain > 0 ? known.plain : NO_HASH;
  const personal = event.stored.personal > 0 ? known.personal : NO_HASH;
  if (plain && personal) addFields(event, plain, personal);
  return plain !== undefined && personal !== undefined;
}

function addFields(event: Wanted, plain: Hash = NO_HASH, personal: Hash = NO_HASH): void {
  const { message, stored } = event;
  const fields = newFields();
  message.fields = fields;
  addHash(event, plain, stored.plain, fields);
  if (stored.personal === 0) return;
  message.personal = personal.names.filter(isName);
  addHash(event, personal, stored.personal, fields);
}

/** Takes a hash into the fields, or says why the event cannot be read. */
function addHash(
  { delivery, message, stored: { binary, refs } }: Wanted,
  { names, values }: Hash,
  expected: number,
  into: Record<string, FieldValue>,
): void {
  let count = 0;
  let erased: FieldValue | undefined;
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string;
    const value = values[i] as FieldValue;
    if (name === '$erased') erased = value;
    // Only a name may become a property, and those that begin with "$" are the library's own.
    if (!isName(name)) continue;
    count += 1;
    if (refs.includes(name)) {
      const reference = typeof value === 'string' ? readReference(value) : undefined;
      if (reference) into[name] = reference;
      else delivery.malformed ??= badReference(message.id);
    } else {
      into[name] = typeof value === 'string' && binary.includes(name) ? Buffer.from(value) : value;
    }
  }
  if (erased !== undefined) message.erased = [...(message.erased ?? []), ...namesBehind(erased)];
  else if (count < expected) delivery.malformed ??= lost(message.id);
}

/** The names in the mark of an erased field; older builds left one without names. */
function namesBehind(mark: FieldValue): readonly string[] {
  return typeof mark === 'string' ? mark.split(' ').slice(1).filter(isName) : [];
}

function lost(id: string): BackboneError {
  return new BackboneError(
    'EB_FIELDS_LOST',
    `the arguments of event ${id} are gone from the server, and were not erased; was memory evicted or a key deleted?`,
  );
}

function badReference(id: string): BackboneError {
  return new BackboneError('EB_MALFORMED', `a reference in event ${id} names no payload store`);
}

function tooLarge(id: string, limit: number): BackboneError {
  return new BackboneError(
    'EB_MALFORMED',
    `event ${id} has more than ${limit} bytes of arguments, and they were not read; if that is right, raise maxEventBytes`,
    { details: { limit } },
  );
}
