import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askRedis } from './ask-redis.mjs';
import { freePort } from './free-port.mjs';
import { findRedisBinary } from './redis-binary.mjs';
import { spawnGuarded } from './spawn-guarded.mjs';

/**
 * @typedef {import('./describe-redis.mjs').RedisBinary} RedisBinary
 * @typedef {{
 *   url: string, port: number, pid: number, dir: string, binary: RedisBinary,
 *   stop(): Promise<void>, kill(): Promise<void>,
 * }} Redis
 */

/**
 * Starts a private redis-server on 127.0.0.1 and resolves once it answers.
 *
 * It keeps nothing (`--save "" --appendonly no`) unless `args` say otherwise. `stop()` ends it with SIGTERM and removes
 * the data directory, if that was made here; `kill()` is SIGKILL and leaves the directory until `stop()`. Both resolve
 * when the process is gone, so that a server can be brought back with the same `port` and `dir`:
 *
 *     const first = await startRedis({ args: ['--appendonly', 'yes'] });
 *     await first.kill();
 *     const second = await startRedis({ port: first.port, dir: first.dir, args: ['--appendonly', 'yes'] });
 *
 * @param {{
 *   port?: number, dir?: string, args?: readonly string[], cacheDir?: string,
 *   binary?: RedisBinary, log?: (line: string) => void,
 * }} [options] `port` (default: a free one); `dir` (default: a new one under the system's temporary directory), in
 *   which the server also writes `redis.log`; `args` follow the defaults and win over them; `binary` (default: what
 *   `findRedisBinary` finds)
 * @returns {Promise<Redis>}
 * @throws when there is no program to run, or when it ends before it answers; with the end of its log
 */
export async function startRedis({ port, dir, args = [], cacheDir, binary, log } = {}) {
  const program = binary ?? (await findRedisBinary({ cacheDir, log }));
  if (dir) await mkdir(dir, { recursive: true });
  const home = dir ?? (await mkdtemp(join(tmpdir(), 'dev-stack-redis-')));
  const keepsHome = dir !== undefined;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOn(port ?? (await freePort()), home, keepsHome, args, program);
      } catch (error) {
        const isTaken = error instanceof Error && error.message.includes('Address already in use');
        if (!isTaken || port !== undefined || attempt === 5) throw error;
      }
    }
  } catch (error) {
    if (!keepsHome) await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/**
 * @param {number} port
 * @param {string} dir
 * @param {boolean} keepsDir
 * @param {readonly string[]} args
 * @param {RedisBinary} binary
 * @returns {Promise<Redis>}
 */
async function startOn(port, dir, keepsDir, args, binary) {
  const url = `redis://127.0.0.1:${port}`;
  const logFile = join(dir, 'redis.log');
  const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'];
  const server = await spawnGuarded(binary.file, [...own, ...args], {
    env: binary.env,
    logFile,
    onExit: () => keepsDir || rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  });
  const stop = async () => {
    await server.end('SIGTERM');
    // A child that was saving when the server was killed may go on for a moment.
    if (!keepsDir) await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    server.release();
  };
  try {
    await untilItAnswers(url, server, logFile);
  } catch (error) {
    await server.end('SIGKILL');
    server.release();
    throw error;
  }
  return { url, port, pid: server.pid, dir, binary, stop, kill: () => server.end('SIGKILL') };
}

/**
 * @param {string} url
 * @param {{ pid: number, hasEnded(): boolean }} server
 * @param {string} logFile
 */
async function untilItAnswers(url, server, logFile) {
  const deadline = performance.now() + 30_000;
  while (!server.hasEnded() && performance.now() < deadline) {
    // INFO and not PING, because a server of someone else may have taken the port first.
    const answer = await askRedis(url, ['INFO'], 2_000).catch((error) => String(error));
    const isOurs = answer.includes(`process_id:${server.pid}\r`) && !answer.includes('loading:1');
    if (isOurs || /NOAUTH|NOPERM/.test(answer)) return;
    await wait(10);
  }
  const tail = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');
  throw new Error(
    `redis-server on ${url} ${server.hasEnded() ? 'ended' : 'did not answer'}. Its log ends with:\n${tail}`,
  );
}
