import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unpackDebianPackages } from './debian-packages.mjs';
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
  const parent = join(cacheDir, 'redis');
  const home = join(parent, await systemName());
  const cached = await redisIn(home).catch(() => undefined);
  if (cached) return cached;

  await mkdir(parent, { recursive: true });
  const draft = await mkdtemp(join(parent, '.draft-'));
  try {
    log(`redis: fetching the packages of this distribution into ${home} (once)`);
    // The program itself is in redis-tools; redis-server is a link to it.
    await unpackDebianPackages(['redis-server', 'redis-tools'], draft);
    await redisIn(draft);
    await chmod(draft, 0o755);
    await publish(draft, home);
    return await redisIn(home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @param {string} home */
async function redisIn(home) {
  const paths = await readdir(home, { recursive: true });
  const program = paths.find((path) => path.endsWith('bin/redis-server'));
  if (!program) throw new Error(`the packages in ${home} hold no bin/redis-server`);
  const libraryDirs = new Set(
    paths.filter((path) => /\.so(\.\d+)*$/.test(path)).map((path) => join(home, dirname(path))),
  );
  return describeRedis(join(home, program), `of Debian packages in ${home}`, [...libraryDirs]);
}

/**
 * Another process may publish at the same moment: whoever comes second uses what the first one made, if it runs.
 *
 * @param {string} draft
 * @param {string} home
 */
async function publish(draft, home) {
  try {
    await rename(draft, home);
  } catch {
    const theirs = await redisIn(home).catch(() => undefined);
    if (theirs) return;
    const broken = `${draft}-broken`;
    await rename(home, broken);
    await rename(draft, home);
    await rm(broken, { recursive: true, force: true });
  }
}

async function systemName() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}
