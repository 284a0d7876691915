import { execFile } from 'node:child_process';

/**
 * Runs a program to its end and resolves with what it printed.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{
 *   timeoutMs: number, cwd?: string, env?: Readonly<Record<string, string>>, uid?: number, gid?: number,
 * }} options `env` is added to the environment of this process; `uid` and `gid` (root only) are whom it runs as.
 * @returns {Promise<string>} its standard output
 * @throws with one line: the program is missing, took too long, or the line in which it says what went wrong
 */
export function runCommand(file, args, { timeoutMs, cwd, env, uid, gid }) {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      uid,
      gid,
      env: { ...process.env, LC_ALL: 'C', ...env },
      timeout: timeoutMs,
      killSignal: /** @type {const} */ ('SIGKILL'),
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(whyItFailed(file, args, error, stderr), { cause: error }));
      else resolve(stdout);
    });
  });
}

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import('node:child_process').ExecFileException} error
 * @param {string} stderr
 */
function whyItFailed(file, args, error, stderr) {
  if (error.code === 'ENOENT') return `${file} is not installed`;
  const command = [file, ...args.slice(0, 1)].join(' ');
  if (error.killed) return `${command} did not finish in time`;
  // The frames of a stack say less than the line above them.
  const lines = stderr.split('\n').filter((line) => line.trim() && !/^\s+at /.test(line));
  const said = lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? `exit code ${String(error.code)}`;
  return `${command}: ${said.trim()}`;
}
