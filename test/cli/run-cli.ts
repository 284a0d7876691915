import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Installed } from './install-package.js';

/** What a command line came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command line is run: in the user's folder by default, and on no terminal. */
export interface Running {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly input?: string;
}

/** A command line that runs. */
export interface StartedCli {
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Stops reading what it writes, as `head` does. */
  hangUp(): void;
  interrupt(): void;
  readonly ended: Promise<Ran>;
}

/** Starts a command line as a process of its own. */
export function startCli(
  { main, folder }: Pick<Installed, 'main' | 'folder'>,
  args: readonly string[],
  { env = {}, folder: cwd = folder, input }: Running = {},
): StartedCli {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { PATH, ...env }, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // It may have ended before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    hangUp: () => child.stdout.destroy(),
    interrupt: () => void child.kill('SIGINT'),
    ended,
  };
}

/** Runs a command line to its end. */
export function runCli(
  installed: Pick<Installed, 'main' | 'folder'>,
  args: readonly string[],
  how?: Running,
): Promise<Ran> {
  return startCli(installed, args, how).ended;
}
