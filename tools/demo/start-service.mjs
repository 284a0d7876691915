import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { PROJECT } from './services.mjs';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 10_000;
const LISTENING = /listening on (http:\/\/\S+?),/;

/**
 * @typedef {{
 *   name: string, url: string, pid: number,
 *   ended: Promise<string>, stop(): Promise<void>, kill(): Promise<void>,
 * }} Service
 *   `ended` resolves when the process is gone, to how it went; `stop` is SIGTERM, and SIGKILL for one that hangs;
 *   `kill` is SIGKILL.
 */

/**
 * Starts a built app as a process of its own and resolves once it listens, on a port that it chose itself.
 *
 * @param {string} name
 * @param {{ env: Readonly<Record<string, string>>, onLine: (line: string) => void }} options `env` is added to the
 *   environment of this process
 * @returns {Promise<Service>}
 * @throws when it ends, or says nothing for 30 s; what it printed has gone to `onLine`
 */
export async function startService(name, { env, onLine }) {
  const preload = new URL('./end-with-parent.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', preload, join(PROJECT, 'dist/apps', name, 'main.js')], {
    cwd: PROJECT,
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in a terminal reaches the demo only, which then ends its services in good order.
    detached: true,
  });
  const ended = once(child, 'exit').then(([code, signal]) =>
    signal === null ? `ended with exit code ${String(code)}` : `was ended by ${String(signal)}`,
  );

  /** @type {Promise<string>} */
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: /** @type {import('node:stream').Readable} */ (stream) }).on('line', (line) => {
        onLine(line);
        const [, url] = LISTENING.exec(stripVTControlCharacters(line)) ?? [];
        if (url !== undefined) resolve(url);
      });
    }
  });

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  }

  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, START_DEADLINE_MS, `did not listen within ${START_DEADLINE_MS / 1000} s`);
  });
  const failed = Promise.race([ended, late]).then((how) => Promise.reject(new Error(`${name} ${String(how)}`)));
  try {
    const url = await Promise.race([listening, failed]);
    failed.catch(() => undefined);
    return { name, url, pid: child.pid ?? 0, ended, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
