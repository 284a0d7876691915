import { join } from 'node:path';
import { cachedDirectory } from './cached-directory.mjs';
import { librariesIn, systemName, unpackDebianPackages } from './debian-packages.mjs';
import { describeRedis } from './describe-redis.mjs';

/** @typedef {import('./describe-redis.mjs').RedisBinary} RedisBinary */

/**
 * Gives the redis-server of the distribution's own packages, unpacked below `cacheDir` without root and without
 * installing anything. The first call downloads (1.4 MB, and the package lists where the machine has none), later ones
 * do not; delete the directory to get a newer version.
 *
 * @param {{ cacheDir: string, log: (line: string) => void }} options
 * @returns {Promise<RedisBinary>}
 * @throws where apt is missing, the packages cannot be had, or the program does not run
 */
export async function redisFromDebian({ cacheDir, log }) {
  const home = join(cacheDir, 'redis', await systemName());
  return cachedDirectory(home, {
    use: redisIn,
    async fill(draft) {
      log(`redis: fetching the packages of this distribution into ${home} (once)`);
      // The program itself is in redis-tools; redis-server is a link to it.
      await unpackDebianPackages(['redis-server', 'redis-tools'], draft);
    },
  });
}

/** @param {string} home */
async function redisIn(home) {
  const { paths, env } = await librariesIn(home);
  const program = paths.find((path) => path.endsWith('bin/redis-server'));
  if (!program) throw new Error(`the packages in ${home} hold no bin/redis-server`);
  return describeRedis(join(home, program), `of Debian packages in ${home}`, env);
}
