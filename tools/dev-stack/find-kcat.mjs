import { join } from 'node:path';
import { cacheRoot } from './cache-root.mjs';
import { cachedDirectory } from './cached-directory.mjs';
import { librariesIn, systemName, unpackDebianPackages } from './debian-packages.mjs';
import { firstFound } from './first-found.mjs';
import { runCommand } from './run-command.mjs';

/**
 * A kcat program, the client of Kafka that is written in C; `env` is what it needs to run.
 * @typedef {{ file: string, version: string, env: Readonly<Record<string, string>> }} Kcat
 */

/**
 * Finds a kcat program: `kcat` or `kafkacat` on PATH, else Debian's package unpacked into the cache without installing
 * anything. The first call may download (1 MB), later ones do not.
 *
 * @param {{ cacheDir?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<Kcat>}
 * @throws when neither place has one that runs; the message says why, a line for each.
 */
export async function findKcat({ cacheDir = cacheRoot, log = console.log } = {}) {
  const places = [
    () => describeKcat('kcat'),
    () => describeKcat('kafkacat'),
    () => kcatFromDebian(join(cacheDir, 'kcat'), log),
  ];
  return firstFound('kcat', places);
}

/**
 * @param {string} cache
 * @param {(line: string) => void} log
 */
async function kcatFromDebian(cache, log) {
  const home = join(cache, await systemName());
  return cachedDirectory(home, {
    async use(dir) {
      const { paths, env } = await librariesIn(dir);
      const program = paths.find((path) => /(^|\/)bin\/(kcat|kafkacat)$/.test(path));
      if (!program) throw new Error(`the package in ${dir} holds no bin/kcat`);
      return describeKcat(join(dir, program), env);
    },
    async fill(draft) {
      log(`kcat: fetching the package of this distribution into ${home} (once)`);
      await unpackDebianPackages(['kcat'], draft);
    },
  });
}

/**
 * @param {string} file
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Kcat>}
 */
async function describeKcat(file, env = {}) {
  const version = /^Version (\S+)/m.exec(await runCommand(file, ['-V'], { env, timeoutMs: 5_000 }))?.[1];
  if (!version) throw new Error(`${file} -V does not say which version it is`);
  return { file, version, env };
}
