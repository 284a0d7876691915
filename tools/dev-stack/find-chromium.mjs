import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheRoot } from './cache-root.mjs';
import { cachedDirectory } from './cached-directory.mjs';
import { librariesIn, systemName, unpackDebianPackages } from './debian-packages.mjs';
import { firstFound } from './first-found.mjs';
import { runCommand } from './run-command.mjs';

/**
 * A Chromium that needs no screen; `env` is what it needs to run.
 * @typedef {{ file: string, version: string, env: Readonly<Record<string, string>> }} Chromium
 */

/**
 * Finds a Chromium: the one that `CHROMIUM_PATH` names, and no other; else `chromium`, `chromium-browser` or
 * `google-chrome` on PATH; else Debian's package unpacked into the cache without installing anything. The first call may
 * download (100 MB), later ones do not.
 *
 * @param {{ cacheDir?: string, log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Chromium>}
 * @throws when no place has one that runs; the message says why, a line for each.
 */
export async function findChromium({ cacheDir = cacheRoot, log = console.log, env = process.env } = {}) {
  const named = env['CHROMIUM_PATH'];
  const places = named
    ? [() => describeChromium(named)]
    : [
        ...['chromium', 'chromium-browser', 'google-chrome'].map(
          (name) => async () => describeChromium(await onPath(name, env)),
        ),
        () => chromiumFromDebian(join(cacheDir, 'chromium'), log),
      ];
  return firstFound('Chromium', places);
}

/**
 * Whoever starts a browser asks for the whole path.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 */
async function onPath(name, env) {
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    const file = join(dir, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new Error(`${name} is not installed`);
}

/**
 * @param {string} cache
 * @param {(line: string) => void} log
 */
async function chromiumFromDebian(cache, log) {
  const home = join(cache, await systemName());
  return cachedDirectory(home, {
    async use(dir) {
      const { paths, env } = await librariesIn(dir);
      // The program itself: what the package puts on PATH is a script that looks for it at its installed place.
      const program = paths.find((path) => /(^|\/)lib\/chromium\/chromium$/.test(path));
      if (!program) throw new Error(`the package in ${dir} holds no lib/chromium/chromium`);
      return describeChromium(join(dir, program), env);
    },
    async fill(draft) {
      log(`chromium: fetching the package of this distribution into ${home} (once)`);
      // It draws no letter without a font.
      await unpackDebianPackages(['chromium', 'fonts-dejavu-core'], draft);
    },
  });
}

/**
 * @param {string} file
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Chromium>}
 */
async function describeChromium(file, env = {}) {
  const said = await runCommand(file, ['--version'], { env, timeoutMs: 30_000 });
  const version = /(?:Chromium|Chrome)\D* (\d+[\d.]*)/.exec(said)?.[1];
  if (!version) throw new Error(`${file} --version does not say which version it is`);
  return { file, version, env };
}
