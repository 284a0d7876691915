import { runCommand } from './run-command.mjs';

/**
 * A redis-server program; `env` is what it needs to run, `from` says in words where it was found.
 * @typedef {{ file: string, version: string, from: string, env: Readonly<Record<string, string>> }} RedisBinary
 */

/**
 * Runs `redis-server --version` and describes the program; `XAUTOCLAIM` needs Redis 6.2 or newer.
 *
 * @param {string} file a path, or a name to look up on PATH
 * @param {string} from where it was found, in words
 * @param {Record<string, string>} [env] what it needs to run, such as the way to libraries that the system may lack
 * @returns {Promise<RedisBinary>}
 * @throws when it does not run or is too old
 */
export async function describeRedis(file, from, env = {}) {
  const version = /v=(\d+)\.(\d+)\S*/.exec(await runCommand(file, ['--version'], { env, timeoutMs: 5_000 }));
  if (!version) throw new Error(`${file} --version does not say which version it is`);
  const name = version[0].slice('v='.length);
  if (Number(version[1]) * 100 + Number(version[2]) < 602) {
    throw new Error(`redis-server ${name} is too old: 6.2 or newer is needed`);
  }
  return { file, version: name, from, env };
}
