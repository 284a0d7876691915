import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildWhatIsMissing } from '../demo/build-what-is-missing.mjs';

// Each half uses servers of its own: one mostly computes and stops servers, the other mostly waits for them.
const HALVES = [
  ['--project', 'unit', '--project', 'real'],
  ['--project', 'kafka', '--project', 'postgres'],
];
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/**
 * Runs vitest; what it prints is shown as it comes, or kept for later.
 *
 * @param {readonly string[]} args
 * @param {boolean} isShown
 * @returns {Promise<{ code: number, printed: string, end: string }>} `end` says how vitest ended
 */
function run(args, isShown) {
  const child = spawn(process.execPath, [vitest, 'run', ...args], { stdio: ['inherit', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      printed += String(data);
      if (isShown) process.stdout.write(data);
    });
  }
  const end = () => void child.kill();
  process.on('SIGTERM', end).on('SIGINT', end);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? 1, printed, end: signal ?? `exit code ${code}` }));
  });
}

const args = process.argv.slice(2);
if (args.length > 0) {
  process.exitCode = (await run(args, true)).code;
} else {
  // Once, ahead of both halves: tests of either run what is built.
  await buildWhatIsMissing((line) => console.log(line));
  const [first, second] = await Promise.all(HALVES.map((half, i) => run(half, i === 0)));
  process.stdout.write(second?.printed ?? '');
  const halves = [first, second].map((half) => half ?? { code: 1, printed: '', end: 'nothing' });
  const counts = halves.map(({ printed }) => [...printed.matchAll(COUNTS)].at(-1)?.slice(1).map(Number) ?? [0, 1, 0]);
  const [passed, failed, skipped] = [0, 1, 2].map((i) => counts.reduce((sum, count) => sum + (count[i] ?? 0), 0));
  // Of both halves, as the reporter says it for each; and never an end without a word about why.
  for (const [i, { code, printed, end }] of halves.entries()) {
    const lines = printed.match(/^failed: .*$/gm) ?? [];
    for (const line of lines) console.log(line);
    if (code === 0 || lines.length > 0) continue;
    console.log(
      `failed: vitest ${HALVES[i]?.join(' ')}: ended with ${end} after ${printed.slice(-500).replace(/\s+/g, ' ')}`,
    );
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = Math.max(...halves.map(({ code }) => code));
}
