import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The names that a configuration is looked for under, in this order. */
export const CONFIG_NAMES: readonly string[] = ['js', 'mjs', 'ts', 'mts'].map((end) => `event-backbone.config.${end}`);

/** Looks for the configuration in a folder and in those above it. */
export async function findConfig(folder: string): Promise<string | undefined> {
  for (const name of CONFIG_NAMES) {
    const path = join(folder, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  const above = dirname(folder);
  return above === folder ? undefined : findConfig(above);
}
