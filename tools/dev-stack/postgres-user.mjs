import { runCommand } from './run-command.mjs';

/** Who a program runs as; without ids as the user of this process. @typedef {{ uid?: number, gid?: number }} User */

/**
 * Gives the user as whom PostgreSQL runs: it refuses root, so root hands over to `postgres`, or else to `nobody`.
 *
 * @returns {Promise<User>}
 * @throws when this is root and the system has neither
 */
export async function postgresUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(
      ['-u', '-g'].map((which) => runCommand('id', [which, name], { timeoutMs: 5_000 })),
    ).catch(() => []);
    const [uid, gid] = ids.map(Number);
    if (uid && gid) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and this system has no user postgres or nobody to run it as');
}
