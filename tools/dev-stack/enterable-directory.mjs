import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runCommand } from './run-command.mjs';

/** @typedef {import('./postgres-user.mjs').User} User */

/**
 * Gives the first of the directories that the user can enter: a project below /root is closed to anyone but root.
 *
 * @param {readonly string[]} dirs
 * @param {User} user
 * @returns {Promise<string>}
 * @throws when there is none
 */
export async function enterableDirectory(dirs, user) {
  if (user.uid === undefined && dirs[0]) return dirs[0];
  for (const dir of dirs) {
    // The dot makes it ask for what is inside.
    const look = runCommand('ls', ['-d', `${dir}/.`], { timeoutMs: 5_000, cwd: '/', ...user });
    if (await look.catch(() => '')) return dir;
  }
  throw new Error(`user ${user.uid} can enter none of ${dirs.join(', ')}`);
}

/**
 * Gives a directory for programs that the user is to run: `cacheDir`, or where the user cannot enter that, one below the
 * system's temporary directory.
 *
 * @param {string} cacheDir
 * @param {User} user
 */
export async function enterableCache(cacheDir, user) {
  await mkdir(cacheDir, { recursive: true });
  return enterableDirectory([cacheDir], user).catch(async () => {
    const own = process.getuid?.();
    const shared = join(tmpdir(), `dev-stack-${basename(cacheDir)}-cache-${own}`);
    await mkdir(shared, { recursive: true });
    const found = await lstat(shared);
    // Anyone may make a directory of this name first, and put programs of theirs into it.
    if (!found.isDirectory() || found.uid !== own || (found.mode & 0o022) !== 0) {
      throw new Error(`${shared} is no directory that only this user can write to`);
    }
    await chmod(shared, 0o755);
    return enterableDirectory([shared], user);
  });
}
