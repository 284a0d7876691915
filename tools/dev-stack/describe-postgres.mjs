import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { postgresUser } from './postgres-user.mjs';
import { runCommand } from './run-command.mjs';

/**
 * The programs of a PostgreSQL; `bin` is their directory, `env` what they need to run, `user` as whom they run, `from`
 * says in words where they were found.
 * @typedef {{
 *   bin: string, version: string, from: string, env: Readonly<Record<string, string>>,
 *   user: import('./postgres-user.mjs').User,
 * }} PostgresBinary
 */

/**
 * Runs `postgres --version` as the user who will run it, and describes the programs; version 14 is the oldest that
 * PostgreSQL's makers still look after.
 *
 * @param {string} bin the directory that holds `postgres` and `initdb`
 * @param {string} from where it was found, in words
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<PostgresBinary>}
 * @throws when one of them is missing, does not run or is too old
 */
export async function describePostgres(bin, from, env = {}) {
  const user = await postgresUser();
  const asked = ['initdb', 'postgres'].map(async (name) => {
    const file = join(bin, name);
    await access(file).catch(() => {
      throw new Error(`${bin} holds no ${name}`);
    });
    return runCommand(file, ['--version'], { env, timeoutMs: 10_000, cwd: '/', ...user });
  });
  const [, said = ''] = await Promise.all(asked);
  const version = /(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(said);
  if (!version) throw new Error(`${join(bin, 'postgres')} --version does not say which version it is`);
  if (Number(version[1]) < 14) throw new Error(`PostgreSQL ${version[0]} is too old: 14 or newer is needed`);
  return { bin, version: version[0], from, env, user };
}
