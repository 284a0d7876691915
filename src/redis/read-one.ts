import type { KnownHashes } from './fetch-fields.js';
import { flatHash, type Hash } from './hash-pack.js';
import type { StreamKeys } from './keys.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { READ_ONE } from './scripts/read-one.js';
import { runScriptForBytes } from './scripts/script.js';

type Reply = readonly [
  entry?: [Buffer, Buffer[]],
  id?: Buffer,
  plain?: Buffer[] | number | null,
  personal?: Buffer[] | number | null,
];

/** Reads the entry with an id and its event's hashes in one round trip; large ones are left for another. */
export async function readOne(
  connection: RedisConnection,
  keys: StreamKeys,
  entryId: string,
): Promise<{ readonly entry?: Entry; readonly hashes: KnownHashes }> {
  const script = runScriptForBytes(
    connection.client,
    READ_ONE,
    [keys.stream, keys.event(''), keys.personal('')],
    [entryId],
  );
  const [entry, id, plain, personal] = (await connection.within(script)) as Reply;
  const hashes = new Map<string, Hash>();
  if (!entry) return { hashes };
  const eventId = id?.toString() ?? '';
  if (Array.isArray(plain)) hashes.set(keys.event(eventId), flatHash(plain));
  if (Array.isArray(personal)) hashes.set(keys.personal(eventId), flatHash(personal));
  return { entry: [entry[0].toString(), entry[1].map(String)], hashes };
}
