import { join } from 'node:path';
import { cachedDirectory } from './cached-directory.mjs';
import { librariesIn, systemName, unpackDebianPackages } from './debian-packages.mjs';
import { describePostgres } from './describe-postgres.mjs';
import { enterableCache } from './enterable-directory.mjs';
import { postgresUser } from './postgres-user.mjs';

/** @typedef {import('./describe-postgres.mjs').PostgresBinary} PostgresBinary */

/**
 * Gives the PostgreSQL of the distribution's own packages, unpacked into the cache without root and without installing
 * anything. The first call downloads (17 MB, and up to 60 MB of what they need), later ones do not.
 *
 * @param {{ cacheDir: string, log: (line: string) => void }} options
 * @returns {Promise<PostgresBinary>}
 * @throws where apt is missing, the packages cannot be had, or the programs do not run
 */
export async function postgresFromDebian({ cacheDir, log }) {
  const cache = await enterableCache(join(cacheDir, 'postgres'), await postgresUser());
  const home = join(cache, await systemName());
  return cachedDirectory(home, {
    use: postgresIn,
    async fill(draft) {
      log(`postgres: fetching the packages of this distribution into ${home} (once)`);
      // The package is named after its version. The asterisk makes this a regular expression to apt.
      await unpackDebianPackages(['^postgresql-[0-9][0-9]*$'], draft);
    },
  });
}

/** @param {string} home */
async function postgresIn(home) {
  const { paths, env } = await librariesIn(home);
  const program = paths.find((path) => /^usr\/lib\/postgresql\/\d+\/bin\/postgres$/.test(path));
  if (!program) throw new Error(`the packages in ${home} hold no bin/postgres`);
  return describePostgres(join(home, program, '..'), `of Debian packages in ${home}`, env);
}
