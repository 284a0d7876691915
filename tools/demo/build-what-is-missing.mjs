import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT, SERVICES } from './services.mjs';

/**
 * The parts in the order of their building. Each is compiled against what the ones before it gave, so that a part that
 * is built takes the later ones with it.
 */
const PARTS = [
  { script: 'build:lib', sources: ['src', 'tsconfig.json', 'tsconfig.lib.json'], made: ['dist/lib/index.js'] },
  {
    script: 'build:libs',
    sources: ['libs', 'tsconfig.libs.json'],
    made: ['contracts', 'app-kit', 'cli-kit'].map((name) => `dist/libs/${name}/src/index.js`),
  },
  {
    script: 'build:apps',
    sources: ['apps', 'nest-cli.json'],
    made: [...SERVICES, 'users-command', 'users-projector'].map((name) => `dist/apps/${name}/main.js`),
  },
];

/**
 * Builds the library, the shared libraries and the apps, as far as something is absent or older than its sources.
 *
 * @param {(line: string) => void} log
 * @throws with what the compiler said
 */
export async function buildWhatIsMissing(log) {
  const first = await firstStale();
  if (first === PARTS.length) return;
  const began = performance.now();
  log('building what is missing or out of date, this takes a moment ...');
  for (const part of PARTS.slice(first)) await build(part);
  log(`built in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

async function firstStale() {
  for (const [index, { sources, made }] of PARTS.entries()) {
    const oldest = Math.min(...(await Promise.all(made.map((path) => changedAt(path, -Infinity)))));
    const newest = Math.max(...(await Promise.all(sources.map(newestIn))));
    if (newest > oldest) return index;
  }
  return PARTS.length;
}

/**
 * When the newest source in a folder, or a file, was changed. Tests are not built.
 *
 * @param {string} path
 * @returns {Promise<number>}
 */
async function newestIn(path) {
  const entries = await readdir(join(PROJECT, path), { withFileTypes: true }).catch(() => undefined);
  if (!entries) return changedAt(path, Infinity);
  const inside = entries.filter(({ name }) => !/\.spec\.ts$|\.md$/.test(name)).map(({ name }) => join(path, name));
  return Math.max(-Infinity, ...(await Promise.all(inside.map(newestIn))));
}

/** @param {string} path @param {number} absent */
async function changedAt(path, absent) {
  return stat(join(PROJECT, path)).then(
    ({ mtimeMs }) => mtimeMs,
    () => absent,
  );
}

/** @param {(typeof PARTS)[number]} part */
async function build({ script, made }) {
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: PROJECT,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)));
  const [code] = await once(child, 'close');
  if (code === 0) return;
  // The compiler writes what it can, and the next run must not take that for a good build.
  await Promise.all(made.map((path) => rm(join(PROJECT, path), { force: true })));
  throw new Error(`npm run ${script} failed:\n${said.trim()}`);
}
