import { NO_HASH, flatHash, textOrBytes, unpackHashes, type Hash } from './hash-pack.js';
import type { RedisConnection } from './redis-connection.js';
import { FETCH, FETCH_FEW, SIZES } from './scripts/fetch.js';
import { runScriptForBytes } from './scripts/script.js';

const FEW_HASHES = 8;
const SMALL_HASHES_PER_CALL = 200;
const LARGE_EVENTS_PER_CALL = 8;
// What the library keeps beside the arguments: the event's position, and the mark of what was erased.
const OWN_BYTES = 1024;

/** Reads many small hashes for the price of one command; nothing for one that is not small. */
export async function smallHashes(
  connection: RedisConnection,
  keys: readonly string[],
): Promise<readonly (Hash | undefined)[]> {
  const { client } = connection;
  if (keys.length <= FEW_HASHES) {
    const reply = (await connection.within(runScriptForBytes(client, FETCH_FEW, keys))) as (Buffer[] | number)[];
    return reply.map((flat) => (typeof flat === 'number' ? undefined : flatHash(flat)));
  }
  const calls: Promise<readonly (Hash | undefined)[]>[] = [];
  for (let i = 0; i < keys.length; i += SMALL_HASHES_PER_CALL) {
    const call = runScriptForBytes(client, FETCH, keys.slice(i, i + SMALL_HASHES_PER_CALL));
    calls.push(connection.within(call).then((reply) => unpackHashes(...(reply as [Buffer, Buffer]))));
  }
  return (await Promise.all(calls)).flat();
}

/**
 * Reads the hashes of large events; nothing for an event whose hashes hold more bytes than the given ones: those of
 * others may have written them, and they are not even fetched. Large values do not go through a script.
 */
export async function largeHashes(
  connection: RedisConnection,
  events: readonly (readonly string[])[],
  maxBytes: number,
): Promise<readonly (readonly Hash[] | undefined)[]> {
  const { client } = connection;
  const found: (readonly Hash[] | undefined)[] = [];
  // A few at a time, so that a slow line is not taken for a dead one.
  for (let i = 0; i < events.length; i += LARGE_EVENTS_PER_CALL) {
    const some = events.slice(i, i + LARGE_EVENTS_PER_CALL);
    const sizes = (await connection.run(SIZES, some.flat(), [])) as number[];
    let next = 0;
    const reads = some.map((keys) => {
      const size = keys.reduce((sum) => sum + (sizes[next++] ?? 0), 0);
      if (size > maxBytes + OWN_BYTES) return Promise.resolve(undefined);
      return Promise.all(keys.map((key) => client.hgetallBuffer(key).then(hashOf, noneIfWrongType)));
    });
    found.push(...(await connection.within(Promise.all(reads))));
  }
  return found;
}

/** A key of another type holds no fields of ours; that must not stop the events beside it. */
function noneIfWrongType(error: unknown): Hash {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return NO_HASH;
  throw error;
}

function hashOf(record: Readonly<Record<string, Buffer>>): Hash {
  const names = Object.keys(record);
  return { names, values: names.map((name) => textOrBytes(record[name] as Buffer)) };
}
