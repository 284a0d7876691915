import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../src/dashboard/page', import.meta.url));
const built = fileURLToPath(new URL('../../dist/lib/dashboard/page', import.meta.url));

/**
 * Builds the page of the dashboard: one HTML file that names its script and its style sheet by paths relative to itself.
 * Nothing stands inside the HTML and nothing is loaded from elsewhere, so that a strict content security policy holds.
 *
 * @param {{ outDir?: string }} [options]
 * @returns {Promise<{ files: readonly string[], compressedBytes: number }>} what was written, and its size for the network
 */
export async function buildDashboard({ outDir = built } = {}) {
  await build({
    ...{ root, configFile: false, base: './', logLevel: 'warn' },
    build: {
      ...{ outDir, emptyOutDir: true, target: 'es2023', cssTarget: ['chrome123', 'firefox120', 'safari17.5'] },
      ...{ sourcemap: false, assetsInlineLimit: 0, cssCodeSplit: false, modulePreload: { polyfill: false } },
      reportCompressedSize: false,
    },
  });
  const files = (await readdir(outDir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(file)).length));
  return { files, compressedBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, compressedBytes } = await buildDashboard();
  console.log(`dashboard page: ${files.length} files, ${(compressedBytes / 1_000).toFixed(1)} kB compressed`);
}
