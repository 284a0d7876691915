import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { access, chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

/** @typedef {import('./describe-postgres.mjs').PostgresBinary} PostgresBinary */

/** Where the server keeps its data below `dir`. */
export const dataIn = (/** @type {string} */ dir) => join(dir, 'data');

/**
 * Makes a data directory with `initdb` below `dir`, unless it is there already; the superuser is `postgres`.
 *
 * @param {string} dir
 * @param {PostgresBinary} binary
 * @returns {Promise<string>} the password of the superuser, kept beside the data
 */
export async function makePostgresData(dir, { bin, env, user }) {
  const data = dataIn(dir);
  const passwordFile = join(dir, 'password');
  const exists = await access(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!exists) {
    // Others on this machine can reach the port, and a superuser can run programs.
    await writeFile(passwordFile, randomBytes(12).toString('hex'), { mode: 0o600 });
    await mkdir(data, { recursive: true, mode: 0o700 });
    if (user.uid !== undefined && user.gid !== undefined) {
      await chmod(dir, 0o711);
      for (const path of [data, passwordFile]) await chown(path, user.uid, user.gid);
    }
    const cluster = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
    const encoding = ['-E', 'UTF8', '--no-locale'];
    const options = { env, timeoutMs: 60_000, cwd: dir, ...user };
    await runCommand(join(bin, 'initdb'), [...cluster, ...encoding, '--no-sync'], options);
  }
  return readFile(passwordFile, 'utf8');
}

/**
 * The second part says whether the server takes connections: what `pg_ctl` waits for.
 *
 * @param {string} dir
 * @returns {{ pid: number, status: string, sharedMemory: string }} zero and empty when no server left its mark there
 */
export function postmasterIn(dir) {
  try {
    const lines = readFileSync(join(dataIn(dir), 'postmaster.pid'), 'utf8').split('\n');
    const [, sharedMemory = ''] = (lines[6] ?? '').trim().split(/\s+/);
    return { pid: Number(lines[0]), status: (lines[7] ?? '').trim(), sharedMemory };
  } catch {
    return { pid: 0, status: '', sharedMemory: '' };
  }
}

/**
 * Removes what is in the way of nobody else any more: the directory, and the shared memory that a killed server leaves
 * with the system. Synchronous, because it also runs while this process exits.
 *
 * @param {string} dir
 */
export function removePostgresData(dir) {
  const { sharedMemory } = postmasterIn(dir);
  if (sharedMemory) spawnSync('ipcrm', ['-m', sharedMemory], { stdio: 'ignore' });
  // The sessions of a killed server end a moment after it, and may still write there.
  rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
}
