import { redisFromDebian } from './redis-from-debian.mjs';
import { cacheRoot } from './cache-root.mjs';
import { describeRedis } from './describe-redis.mjs';

/** @typedef {import('./describe-redis.mjs').RedisBinary} RedisBinary */

/**
 * Finds a redis-server program: the one on PATH, else Debian's packages unpacked into the cache.
 * `STACK=path|debian` allows only that one; other values of `STACK` do not matter here.
 *
 * @param {{ cacheDir?: string, log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<RedisBinary>}
 * @throws when neither place has one that runs; the message says why, a line for each.
 */
export async function findRedisBinary({ cacheDir = cacheRoot, log = console.log, env = process.env } = {}) {
  const places = { path: redisOnPath, debian: () => redisFromDebian({ cacheDir, log }) };
  const forced = Object.entries(places).filter(([name]) => name === env['STACK']);
  /** @type {string[]} */
  const reasons = [];
  for (const [name, find] of forced.length > 0 ? forced : Object.entries(places)) {
    try {
      return await find();
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`There is no redis-server program to run.\n${reasons.join('\n')}`);
}

/**
 * Describes the `redis-server` on PATH.
 *
 * @returns {Promise<RedisBinary>}
 */
export function redisOnPath() {
  return describeRedis('redis-server', 'on PATH');
}
