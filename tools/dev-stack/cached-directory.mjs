import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Gives what `use` makes of the directory `home`, which is filled first when it is missing or of no use.
 *
 * It is filled under another name and renamed when it is whole, so that other processes never see half of it.
 *
 * @template T
 * @param {string} home
 * @param {{ fill: (draft: string) => Promise<void>, use: (dir: string) => Promise<T> }} how
 *   `use` rejects when something is missing or broken
 * @returns {Promise<T>}
 */
export async function cachedDirectory(home, { fill, use }) {
  const cached = await use(home).catch(() => undefined);
  if (cached) return cached;

  await mkdir(dirname(home), { recursive: true });
  const draft = await mkdtemp(join(dirname(home), '.draft-'));
  try {
    await fill(draft);
    // It is made closed to others, and `use` may run programs as someone else.
    await chmod(draft, 0o755);
    await use(draft);
    await publish(draft, home, use);
    return await use(home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Another process may publish at the same moment: whoever comes second uses what the first one made, if it works.
 *
 * @param {string} draft
 * @param {string} home
 * @param {(dir: string) => Promise<unknown>} use
 */
async function publish(draft, home, use) {
  try {
    await rename(draft, home);
  } catch {
    const theirs = await use(home).catch(() => undefined);
    if (theirs) return;
    const broken = `${draft}-broken`;
    await rename(home, broken);
    await rename(draft, home);
    await rm(broken, { recursive: true, force: true });
  }
}
