import { BackboneError, isName, newFields, type DeliveryPast, type FieldValue } from '../core/index.js';
import type { StoredFields } from './entry-format.js';
import { NO_HASH, textOrBytes, unpackHashes, type Hash } from './hash-pack.js';
import type { StreamKeys } from './keys.js';
import { readEntry, type Entry, type ReadRecord } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { FETCH } from './scripts/fetch.js';
import { runScriptForBytes } from './scripts/script.js';

const FEW_HASHES = 4;
const SMALL_HASHES_PER_CALL = 200;
const LARGE_HASHES_PER_CALL = 16;

/** An entry, how often it has been handed out, and what its group remembers about it. */
export interface Found {
  readonly entry: Entry;
  readonly deliveries: number;
  readonly past?: DeliveryPast;
}

/** Reads entries and the fields of those whose type is wanted, in one round trip for a batch of small events. */
export async function fetchFields(
  connection: RedisConnection,
  keys: StreamKeys,
  found: readonly Found[],
  wanted: (type: string) => boolean,
): Promise<readonly ReadRecord[]> {
  const records = found.map(({ entry, deliveries, past }) => {
    const record = readEntry(entry, deliveries, keys.partition);
    record.delivery.past = past;
    return record;
  });
  const small: string[] = [];
  const large: string[] = [];
  for (const { delivery, stored } of records) {
    const { message } = delivery;
    if (!message) continue;
    delivery.fieldsOmitted = !wanted(message.type);
    if (delivery.fieldsOmitted) continue;
    const list = stored.large ? large : small;
    if (stored.plain > 0) list.push(keys.event(message.id));
    if (stored.personal > 0) list.push(keys.personal(message.id));
  }
  if (small.length > 0 || large.length > 0) {
    const smallHashes = await packedHashes(connection, small);
    const largeHashes = await plainHashes(connection, large);
    let nextSmall = 0;
    let nextLarge = 0;
    for (const { delivery, stored } of records) {
      if (!delivery.message || delivery.fieldsOmitted) continue;
      const take = () => (stored.large ? largeHashes[nextLarge++] : smallHashes[nextSmall++]) ?? NO_HASH;
      const plain = stored.plain > 0 ? take() : NO_HASH;
      addFields(delivery, stored, plain, stored.personal > 0 ? take() : NO_HASH);
    }
  }
  return records.map(({ delivery }) => delivery);
}

/** Puts an event's fetched fields into its message, or says that the server has lost them. */
function addFields(delivery: ReadRecord, stored: StoredFields, plain: Hash, personal: Hash): void {
  const { message } = delivery;
  if (!message) return;
  const fields = newFields();
  const complete = take(plain, stored.plain, stored.binary, fields);
  const personalComplete = take(personal, stored.personal, stored.binary, fields);
  message.fields = fields;
  if (stored.personal > 0) message.personal = personal.names.filter(isName);
  if (complete && personalComplete) return;
  delivery.malformed = new BackboneError(
    'EB_FIELDS_LOST',
    `the arguments of event ${message.id} are gone from the server, and were not erased; was memory evicted or a key deleted?`,
  );
}

/** Takes a hash into the fields; tells whether all of them were there, or erased on purpose. */
function take(
  { names, values }: Hash,
  expected: number,
  binary: readonly string[],
  into: Record<string, FieldValue>,
): boolean {
  let found = 0;
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string;
    // Only a name may become a property, and those that begin with "$" are the library's own.
    if (!isName(name)) continue;
    const value = values[i] as FieldValue;
    into[name] = typeof value === 'string' && binary.includes(name) ? Buffer.from(value) : value;
    found += 1;
  }
  return found >= expected || names.includes('$erased');
}

/** Many hashes for the price of one command. */
async function packedHashes(connection: RedisConnection, keys: readonly string[]): Promise<readonly Hash[]> {
  // A script has its own price on the server: for a few events plain commands are there sooner.
  if (keys.length <= FEW_HASHES) return plainHashes(connection, keys);
  const calls: Promise<readonly Hash[]>[] = [];
  for (let i = 0; i < keys.length; i += SMALL_HASHES_PER_CALL) {
    const call = runScriptForBytes(connection.client, FETCH, keys.slice(i, i + SMALL_HASHES_PER_CALL));
    calls.push(connection.within(call).then((reply) => unpackHashes(...(reply as [Buffer, Buffer]))));
  }
  return calls.length === 1 ? (calls[0] as Promise<readonly Hash[]>) : (await Promise.all(calls)).flat();
}

/** Large values do not go through a script; a few at a time, so that a slow line is not taken for a dead one. */
async function plainHashes(connection: RedisConnection, keys: readonly string[]): Promise<readonly Hash[]> {
  const hashes: Hash[] = [];
  for (let i = 0; i < keys.length; i += LARGE_HASHES_PER_CALL) {
    const calls = keys
      .slice(i, i + LARGE_HASHES_PER_CALL)
      .map((key) => connection.client.hgetallBuffer(key).catch(noneIfWrongType));
    hashes.push(...(await connection.within(Promise.all(calls))).map(hashOf));
  }
  return hashes;
}

/** A key of another type holds no fields of ours; that must not stop the events beside it. */
function noneIfWrongType(error: unknown): Record<string, Buffer> {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return {};
  throw error;
}

function hashOf(record: Readonly<Record<string, Buffer>>): Hash {
  const names = Object.keys(record);
  return { names, values: names.map((name) => textOrBytes(record[name] as Buffer)) };
}
