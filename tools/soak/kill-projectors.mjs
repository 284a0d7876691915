import { isDeepStrictEqual } from 'node:util';
import { buildWhatIsMissing } from '../demo/build-what-is-missing.mjs';
import { startStack } from '../dev-stack/index.mjs';

/** `node tools/soak/kill-projectors.mjs [kills] [events]`: 100 kills during 10,000 events, unless told otherwise. */
const [kills = 100, events = 10_000] = process.argv.slice(2).map(Number);
const log = (/** @type {string} */ line) => console.log(line);
await buildWhatIsMissing(log);
const { killProjectors } = await import('./killed-projectors.mjs');
const { redis, postgres, stop } = await startStack({ services: ['redis', 'postgres'], log });
try {
  if (!redis?.available || !postgres?.available) throw new Error('Redis and PostgreSQL are needed');
  const servers = { redisUrl: redis.url, postgresUrl: postgres.url };
  const modes = /** @type {const} */ (['follow', 'follow', 'follow', 'init', 'swap', 'follow']);
  const { wanted, got, table, rebuilt } = await killProjectors({ ...servers, kills, events, modes, log });
  const isRight = isDeepStrictEqual(wanted, got) && table === rebuilt;
  const promise = `every one of ${events} events counted once, and the table is that of a fresh rebuild, byte by byte`;
  console.log(isRight ? promise : { wanted, got, table, rebuilt });
  process.exitCode = isRight ? 0 : 1;
} finally {
  await stop();
}
