import { askRedis } from './ask-redis.mjs';
import { inDocker } from './in-docker.mjs';
import { redisFromDebian } from './redis-from-debian.mjs';
import { redisOnPath } from './redis-binary.mjs';
import { redactUrl } from './redact-url.mjs';
import { startRedis } from './start-redis.mjs';

/**
 * The ways to a Redis, best first.
 *
 * @type {readonly import('./take-route.mjs').Route[]}
 */
export const redisRoutes = Object.freeze([
  { name: 'url', named: (env) => Boolean(env['REDIS_URL']), start: redisFromUrl },
  { name: 'docker', start: () => inDocker('redis', redisOnPort) },
  { name: 'path', start: async () => privateRedis(await redisOnPath()) },
  { name: 'debian', start: async (options) => privateRedis(await redisFromDebian(options)) },
]);

/** @param {import('./take-route.mjs').RouteOptions} options */
async function redisFromUrl({ env }) {
  const url = env['REDIS_URL'];
  if (!url) throw new Error('REDIS_URL is not set');
  try {
    await askRedis(url, ['PING'], 3_000);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`REDIS_URL names ${redactUrl(url)}, which does not answer PING: ${why}`, { cause: error });
  }
  return { url, how: 'the server that REDIS_URL names', stop: () => Promise.resolve() };
}

/** @param {number} port */
async function redisOnPort(port) {
  const url = `redis://127.0.0.1:${port}`;
  await askRedis(url, ['PING'], 3_000);
  return url;
}

/** @param {import('./redis-binary.mjs').RedisBinary} binary */
async function privateRedis(binary) {
  const redis = await startRedis({ binary });
  return { url: redis.url, how: `redis-server ${binary.version} ${binary.from}`, stop: () => redis.stop() };
}
