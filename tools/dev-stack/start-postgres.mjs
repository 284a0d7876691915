import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { askPostgres } from './ask-postgres.mjs';
import { enterableDirectory } from './enterable-directory.mjs';
import { freePort } from './free-port.mjs';
import { findPostgresBinary } from './postgres-binary.mjs';
import { dataIn, makePostgresData, postmasterIn, removePostgresData } from './postgres-data.mjs';
import { spawnGuarded } from './spawn-guarded.mjs';

/**
 * How a server ends: `fast` breaks off transactions and writes everything out, `immediate` ends as in a crash.
 * @typedef {'fast' | 'immediate'} ShutdownMode
 *
 * `shutDown()` and `kill()` (SIGKILL) keep the data, and `restart()` brings the server back with it on the same port,
 * ending it first if it still runs; `stop()` also removes the data, if its directory was made here. All of them resolve
 * when it is done. `pid` is that of the last start; `createDatabase` gives the URL of a new, empty database.
 * @typedef {{
 *   url: string, port: number, readonly pid: number, dir: string, logFile: string, binary: PostgresBinary,
 *   createDatabase(name: string): Promise<string>,
 *   shutDown(mode?: ShutdownMode): Promise<void>, kill(): Promise<void>,
 *   restart(mode?: ShutdownMode): Promise<void>, stop(mode?: ShutdownMode): Promise<void>,
 * }} Postgres
 *
 * @typedef {import('./describe-postgres.mjs').PostgresBinary} PostgresBinary
 * @typedef {Readonly<Record<string, string | number | boolean>>} Settings
 */

/** Nothing is forced to the disk: what a transaction wrote outlives the end of the server, not that of the machine. */
const quick = Object.freeze({ fsync: 'off', full_page_writes: 'off', jit: 'off' });

/**
 * Only this machine can connect, and no file of the server lies outside of its directory: not the socket, and not the
 * shared memory of queries that run in parallel, which a killed server would leave behind.
 */
const kept = Object.freeze({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  dynamic_shared_memory_type: 'mmap',
  logging_collector: 'off',
});

/**
 * Starts a private PostgreSQL on 127.0.0.1 and resolves once it takes connections.
 *
 * @param {{
 *   settings?: Settings, port?: number, dir?: string, cacheDir?: string,
 *   binary?: PostgresBinary, log?: (line: string) => void,
 * }} [options] `settings` win over the defaults: `{ fsync: 'on' }` for a server that forces what it writes to the disk;
 *   `port` (default: a free one); `dir` (default: a new one under the system's temporary directory), whose data is used
 *   when it holds some; `binary` (default: what `findPostgresBinary` finds)
 * @returns {Promise<Postgres>}
 * @throws when there is no program to run, or when it ends before it takes connections; with the end of its log
 */
export async function startPostgres({ settings = {}, port, dir, cacheDir, binary, log } = {}) {
  const program = binary ?? (await findPostgresBinary({ cacheDir, log }));
  if (dir) await mkdir(dir, { recursive: true });
  const home = dir ?? (await mkdtemp(join(await temporaryDirectory(program), 'dev-stack-postgres-')));
  const remove = () => dir ?? removePostgresData(home);
  try {
    const password = await makePostgresData(home, program);
    for (let attempt = 1; ; attempt += 1) {
      const server = serverOn(port ?? (await freePort()), { home, password, program, settings, remove });
      try {
        await server.restart();
        return server;
      } catch (error) {
        const isTaken = error instanceof Error && error.message.includes('Address already in use');
        if (!isTaken || port !== undefined || attempt === 5) throw error;
      }
    }
  } catch (error) {
    remove();
    throw error;
  }
}

/** @param {PostgresBinary} binary */
function temporaryDirectory({ user }) {
  return enterableDirectory([tmpdir(), '/tmp'], user);
}

/**
 * @param {number} port
 * @param {{ home: string, password: string, program: PostgresBinary, settings: Settings, remove: () => unknown }} own
 * @returns {Postgres}
 */
function serverOn(port, { home, password, program, settings, remove }) {
  const logFile = join(home, 'postgres.log');
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const all = Object.entries({ ...quick, ...kept, ...settings, port });
  const args = ['-D', dataIn(home), ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  /** @type {Awaited<ReturnType<typeof spawnGuarded>> | undefined} */
  let server;

  const shutDown = async (/** @type {ShutdownMode} */ mode = 'fast') => {
    await server?.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  };
  const restart = async (/** @type {ShutdownMode | undefined} */ mode) => {
    await shutDown(mode);
    for (const deadline = performance.now() + 10_000; ; await wait(50)) {
      server?.release();
      const { env, user } = program;
      const options = { env, logFile, cwd: home, onExit: () => void remove(), ...user };
      const before = await logged(logFile);
      server = await spawnGuarded(join(program.bin, 'postgres'), args, options);
      try {
        return await untilItIsReady(server, home);
      } catch (error) {
        await server.end('SIGKILL');
        const log = (await logged(logFile)).slice(before.length);
        // The sessions of a killed server end a moment after it, and there must be none left.
        if (log.includes('pre-existing shared memory block') && performance.now() < deadline) continue;
        server.release();
        const tail = log.trimEnd().split('\n').slice(-8).join('\n');
        throw new Error(`PostgreSQL on port ${port} did not get ready. Its log ends with:\n${tail}`, { cause: error });
      }
    }
  };
  return {
    url,
    port,
    get pid() {
      return server?.pid ?? 0;
    },
    dir: home,
    logFile,
    binary: program,
    async createDatabase(name) {
      await askPostgres(url, `CREATE DATABASE ${pg.escapeIdentifier(name)}`, 30_000);
      return Object.assign(new URL(url), { pathname: `/${encodeURIComponent(name)}` }).href;
    },
    shutDown,
    kill: async () => server?.end('SIGKILL'),
    restart,
    async stop(mode) {
      await shutDown(mode);
      remove();
      server?.release();
    },
  };
}

/**
 * @param {{ pid: number, hasEnded(): boolean }} server
 * @param {string} home
 */
async function untilItIsReady(server, home) {
  for (const deadline = performance.now() + 60_000; !server.hasEnded(); await wait(10)) {
    const { pid, status } = postmasterIn(home);
    if (pid === server.pid && (status === 'ready' || status === 'standby')) return;
    if (performance.now() > deadline) throw new Error('it takes too long');
  }
  throw new Error('it ended');
}

/** @param {string} logFile */
function logged(logFile) {
  return readFile(logFile, 'utf8').catch(() => '');
}
