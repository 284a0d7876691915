import { cacheRoot } from './cache-root.mjs';
import { redisRoutes } from './redis.mjs';
import { takeRoute } from './take-route.mjs';

/**
 * @typedef {import('./take-route.mjs').Server} Server
 * @typedef {{ redis?: Server, stop(): Promise<void> }} Stack
 */

const routesOf = Object.freeze({ redis: redisRoutes });

/**
 * Starts (or finds) the servers named in `services` and says through `log`, one line each, which it chose.
 *
 * A service is a list of routes tried in order; for Redis: `url` (`REDIS_URL`), `docker` (compose), `path` (a
 * `redis-server` on PATH), `debian` (packages unpacked into the cache, without root). `STACK=url|docker|path|debian`
 * forces one of them. A server the user named is never replaced by another: if it does not answer, the service is
 * unavailable. Servers end with `stop()`, or else with this process.
 *
 * @param {{
 *   services?: readonly string[],
 *   log?: (line: string) => void,
 *   cacheDir?: string,
 *   env?: NodeJS.ProcessEnv,
 * }} [options] `env` (default: `process.env`) is where `REDIS_URL` and `STACK` are read.
 * @returns {Promise<Stack>}
 * @throws when a service is unknown; a known one that cannot be had is `{ available: false, reason }`.
 */
export async function startStack({
  services = ['redis'],
  log = console.log,
  cacheDir = cacheRoot,
  env = process.env,
} = {}) {
  const names = services.map(knownService);
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  const stop = async () => {
    for (const stopServer of stops.splice(0).reverse()) await stopServer();
  };
  /** @type {Stack} */
  const stack = { stop };
  try {
    for (const name of names) {
      const taken = await takeRoute(name, routesOf[name], { log, cacheDir, env });
      stack[name] = taken.server;
      stops.push(taken.stop);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return stack;
}

/** @param {string} name */
function knownService(name) {
  if (Object.hasOwn(routesOf, name)) return /** @type {keyof typeof routesOf} */ (name);
  throw new Error(`dev-stack knows no service "${name}"; it has: ${Object.keys(routesOf).join(', ')}.`);
}
