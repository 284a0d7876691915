import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDashboard } from '../../tools/build/dashboard.mjs';

const source = fileURLToPath(new URL('../../src/dashboard/page', import.meta.url));
const built = fileURLToPath(new URL('../../dist/lib/dashboard/page/index.html', import.meta.url));

/** Builds the page that the module serves, unless the one that is there is younger than all of its sources. */
export async function builtPage(): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const changed = await Promise.all(files.map(changedAt));
  if ((await changedAt(built)) < Math.max(...changed)) await buildDashboard();
}

async function changedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
