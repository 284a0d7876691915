import { knownHashes, type HashesReply, type KnownHashes } from './known-hashes.js';
import type { StreamKeys } from './keys.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { READ_ONE } from './scripts/read-one.js';
import { runScriptForBytes } from './scripts/script.js';

type Reply = readonly [entry?: [Buffer, Buffer[]], ...hashes: HashesReply];

/** Reads the entry with an id and its event's hashes in one round trip; large ones are left for another. */
export async function readOne(
  connection: RedisConnection,
  keys: StreamKeys,
  entryId: string,
): Promise<{ readonly entry?: Entry; readonly hashes?: KnownHashes | undefined }> {
  const script = runScriptForBytes(
    connection.client,
    READ_ONE,
    [keys.stream, keys.event(''), keys.personal('')],
    [entryId],
  );
  const [entry, ...hashes] = (await connection.within(script)) as Reply;
  return entry ? { entry: [entry[0].toString(), entry[1].map(String)], hashes: knownHashes(hashes) } : {};
}
