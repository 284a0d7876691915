import { askPostgres } from './ask-postgres.mjs';
import { inDocker } from './in-docker.mjs';
import { postgresOnPath } from './postgres-binary.mjs';
import { postgresFromDebian } from './postgres-from-debian.mjs';
import { postgresFromNpm } from './postgres-from-npm.mjs';
import { redactUrl } from './redact-url.mjs';
import { startPostgres } from './start-postgres.mjs';

/**
 * The ways to a PostgreSQL, best first.
 *
 * @type {readonly import('./take-route.mjs').Route[]}
 */
export const postgresRoutes = Object.freeze([
  { name: 'url', named: (env) => Boolean(env['DATABASE_URL']), start: postgresFromUrl },
  { name: 'docker', start: () => inDocker('write_model', postgresOnPort) },
  { name: 'path', start: async () => privatePostgres(await postgresOnPath()) },
  { name: 'embedded', start: async (options) => privatePostgres(await postgresFromNpm(options)) },
  { name: 'debian', start: async (options) => privatePostgres(await postgresFromDebian(options)) },
]);

/** @param {import('./take-route.mjs').RouteOptions} options */
async function postgresFromUrl({ env }) {
  const url = env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set');
  try {
    await askPostgres(url, 'SELECT 1', 3_000);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`DATABASE_URL names ${redactUrl(url)}, which does not answer: ${why}`, { cause: error });
  }
  return { url, how: 'the server that DATABASE_URL names', stop: () => Promise.resolve() };
}

/** @param {number} port */
async function postgresOnPort(port) {
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/write_model`;
  await askPostgres(url, 'SELECT 1', 10_000);
  return url;
}

/** @param {import('./describe-postgres.mjs').PostgresBinary} binary */
async function privatePostgres(binary) {
  const { url, stop } = await startPostgres({ binary });
  return { url, how: `PostgreSQL ${binary.version} ${binary.from}`, stop: () => stop() };
}
