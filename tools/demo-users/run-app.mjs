import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import picocolors from 'picocolors';
import { PROJECT } from '../demo/services.mjs';

/**
 * @typedef {import('node:stream').Readable} Readable
 * @typedef {'users-command' | 'users-projector'} AppName
 * @typedef {{ WRITE_MODEL_URL: string, READ_MODEL_URL: string }} Models
 * @typedef {{ command: string, code: number | null, stdout: string, stderr: string }} Ended `code` is null after a signal
 *
 * @typedef {{
 *   pid: number, lines: readonly string[],
 *   ended: Promise<Ended>, kill(signal: NodeJS.Signals): Promise<Ended>,
 * }} Running
 */

const RUN_WITHIN_MS = 60_000;

/**
 * Runs an app of the demo with these arguments to its end; one that hangs is killed after a minute.
 *
 * @param {AppName} name
 * @param {readonly string[]} args
 * @param {Models} models
 * @param {AbortSignal} [signal]
 */
export async function runApp(name, args, models, signal) {
  const { ended, kill } = startApp(name, args, models);
  const onAbort = () => void kill('SIGKILL');
  const timer = setTimeout(onAbort, RUN_WITHIN_MS);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    signal?.throwIfAborted();
  }
}

/**
 * Starts an app of the demo; it ends with this process at the latest.
 *
 * @param {AppName} name
 * @param {readonly string[]} args
 * @param {Models} models
 * @param {(line: string) => void} [onLine] is given what it writes to standard error
 * @returns {Running}
 */
export function startApp(name, args, models, onLine = () => undefined) {
  const preload = new URL('./end-with-demo.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', preload, join(PROJECT, 'dist/apps', name, 'main.js'), ...args], {
    cwd: PROJECT,
    // Its output goes through a pipe, which it would take for a file.
    env: { ...process.env, ...models, ...(picocolors.isColorSupported && { FORCE_COLOR: '1' }) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const { stdout, stderr } = /** @type {import('node:child_process').ChildProcessByStdio<null, Readable, Readable>} */ (
    child
  );
  const said = { stdout: '', stderr: '' };
  /** @type {string[]} */
  const lines = [];
  stdout.on('data', (data) => (said.stdout += String(data)));
  stderr.on('data', (data) => (said.stderr += String(data)));
  createInterface({ input: stderr }).on('line', (line) => {
    lines.push(line);
    onLine(line);
  });
  const command = [name, ...args.map(quoted)].join(' ');
  const ended = once(child, 'close').then(([code]) => ({ command, code, ...said }));
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** @param {string} argument */
function quoted(argument) {
  return /^[\w.-]+$/.test(argument) ? argument : `'${argument}'`;
}
