import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { atExit } from './at-exit.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Starts a program that cannot outlive this process, however this process ends.
 *
 * On Linux the kernel kills it with the thread that started it (`setpriv --pdeathsig`), elsewhere a shell that waits
 * for the end of a pipe does; a normal exit of this process kills it as well. Signals stay the caller's business: none
 * is handled here, and as the program leads a session of its own, Ctrl-C in a terminal reaches only this process.
 * The program does not keep this process alive and inherits none of its pipes.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{
 *   env: Readonly<Record<string, string>>, logFile: string, onExit: () => void,
 *   cwd?: string, uid?: number, gid?: number,
 * }} options `env` is added to the environment of this process; standard output and error go to `logFile`; `onExit` must
 *   be synchronous and runs when this process exits before `release` was called; `uid` and `gid` (root only) are whom it
 *   runs as.
 * @returns {Promise<{
 *   pid: number,
 *   hasEnded(): boolean,
 *   end(signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>,
 *   release(): void,
 * }>} `end` resolves when the program is gone; all but SIGKILL are followed by it after 5 s.
 */
export async function spawnGuarded(file, args, { env, logFile, onExit, cwd, uid, gid }) {
  const [command = file, ...commandArgs] = [...(await deathSignal()), file, ...args];
  const log = openSync(logFile, 'a');
  const child = spawn(command, commandArgs, {
    stdio: ['ignore', log, log],
    detached: true,
    cwd,
    uid,
    gid,
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  closeSync(log);
  await once(child, 'spawn');
  child.unref();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const release = atExit(() => {
    child.kill('SIGKILL');
    onExit();
  });

  if (command === file) await killWhenThisProcessIsGone(child);
  return {
    pid: /** @type {number} */ (child.pid),
    hasEnded,
    async end(signal) {
      if (hasEnded()) return;
      child.ref();
      child.kill(signal);
      // A program that a test has paused would never see the signal.
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(timer);
    },
    release,
  };
}

/** The words that make the kernel kill a program with its parent; none where setpriv cannot (macOS, BusyBox). */
async function deathSignal() {
  const words = ['setpriv', '--pdeathsig', 'KILL'];
  try {
    await runCommand('setpriv', ['--pdeathsig', 'KILL', 'true'], { timeoutMs: 2_000 });
    return words;
  } catch {
    return [];
  }
}

/** @param {import('node:child_process').ChildProcess} child */
async function killWhenThisProcessIsGone(child) {
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A watcher left behind could kill another program that was given the same pid later.
  child.once('exit', () => watcher.kill('SIGKILL'));
  await once(watcher, 'spawn');
  watcher.unref();
  /** @type {import('node:net').Socket} */ (watcher.stdin).unref();
}
