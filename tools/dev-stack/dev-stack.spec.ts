import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { askRedis } from './ask-redis.mjs';
import { freePort } from './free-port.mjs';
import { findRedisBinary, startRedis, startStack } from './index.mjs';
import { redactUrl } from './redact-url.mjs';
import { redisRoutes } from './redis.mjs';
import type { Stack } from './start-stack.mjs';
import { takeRoute } from './take-route.mjs';

const silent = () => undefined;
const binary = await findRedisBinary({ log: silent }).catch(() => undefined);
const reasonOf = ({ redis }: Stack) => (redis?.available ? 'available' : redis?.reason);
const ping = (url: string) => askRedis(url, ['PING'], 3_000);

describe('choosing a server', () => {
  const works = { name: 'works', start: async () => ({ url: 'redis://here:1', how: 'found', stop: async () => {} }) };
  const closed = (name: string) => ({ name, start: () => Promise.reject(new Error(`no ${name} here`)) });
  const options = { cacheDir: tmpdir(), env: {} };

  it('looks for Redis by URL, in Docker, on PATH and in Debian packages, in this order', () => {
    expect(redisRoutes.map(({ name }) => name)).toEqual(['url', 'docker', 'path', 'debian']);
  });

  it('takes the first way that is open and prints it as one line', async () => {
    const log = vi.fn<(line: string) => void>();
    const routes = [closed('first'), works, closed('last')];
    const { server } = await takeRoute('redis', routes, { ...options, log });
    expect(server).toEqual({ available: true, url: 'redis://here:1', how: 'found' });
    expect(log.mock.calls).toEqual([['redis: found, redis://here:1']]);
  });

  it('says for every way why it is closed', async () => {
    const { server } = await takeRoute('redis', [closed('first'), closed('last')], { ...options, log: silent });
    expect(server).toEqual({ available: false, reason: 'first: no first here\nlast: no last here' });
  });

  it('tries only the way that STACK names, and says so when there is no such way', async () => {
    const routes = [works, closed('last')];
    const forced = await takeRoute('redis', routes, { ...options, log: silent, env: { STACK: 'last' } });
    expect(forced.server).toEqual({ available: false, reason: 'last: no last here' });
    const unknown = await takeRoute('redis', routes, { ...options, log: silent, env: { STACK: 'typo' } });
    expect(unknown.server).toEqual({
      available: false,
      reason: 'STACK=typo names no route; there are: works, last',
    });
  });

  it('refuses a service it does not know', async () => {
    await expect(startStack({ services: ['redis', 'mongo'], log: silent })).rejects.toThrow(
      'knows no service "mongo"; it has: redis',
    );
  });
});

describe('a server the user named', () => {
  it('is reported when it does not answer, without its password and without taking another', async () => {
    const url = `redis://user:s3cr3t@127.0.0.1:${await freePort()}`;
    const lines: string[] = [];
    const stack = await startStack({ log: (line) => lines.push(line), env: { REDIS_URL: url } });
    expect(reasonOf(stack)).toMatch(/^url: REDIS_URL names .*ECONNREFUSED.*$/);
    expect(JSON.stringify([stack.redis, lines])).not.toContain('s3cr3t');
  });

  it('is reported when its URL is no Redis URL', async () => {
    const stack = await startStack({ log: silent, env: { REDIS_URL: 'localhost:6379' } });
    expect(reasonOf(stack)).toContain('it is not a URL of the form redis://host:port');
  });

  it.each([
    'redis://:s3/cr3t@host:1',
    'rediss://user:s3@cr3t@host:1',
    'redis://host:1?password=s3cr3t',
    'redis://s3cr3t@host:1',
  ])('never shows the password of %s', (url) => {
    const shown = redactUrl(`cannot reach ${url} today`);
    expect(shown).toMatch(/host:1.* today$/);
    expect(shown).not.toMatch(/s3|cr3t/);
  });
});

describe.skipIf(!binary)('a private redis-server', () => {
  const start = (options: Parameters<typeof startRedis>[0] = {}) => startRedis({ binary, ...options });

  it('answers once it is started, and is gone with its data after stop', async () => {
    const redis = await start();
    expect(await ping(redis.url)).toBe('PONG');
    await redis.stop();
    await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(redis.dir)).toBe(false);
    await redis.stop();
  });

  it('has a port and a directory of its own', async () => {
    const servers = await Promise.all([start(), start()]);
    expect(new Set(servers.map(({ port }) => port)).size).toBe(2);
    expect(new Set(servers.map(({ dir }) => dir)).size).toBe(2);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('comes back with its data on the same port and directory after a kill', async () => {
    const args = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const first = await start({ args });
    await askRedis(first.url, ['SET', 'kept', 'yes'], 3_000);
    await first.kill();
    await expect(ping(first.url)).rejects.toThrow('ECONNREFUSED');
    const second = await start({ args, port: first.port, dir: first.dir });
    expect(await askRedis(second.url, ['GET', 'kept'], 3_000)).toBe('yes');
    await second.stop();
    expect(existsSync(first.dir)).toBe(true);
    await first.stop();
    expect(existsSync(first.dir)).toBe(false);
  });

  it('ends even while it is paused', async () => {
    const redis = await start();
    process.kill(redis.pid, 'SIGSTOP');
    await redis.stop();
    await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('is told from a server of someone else on the same port', async () => {
    const redis = await start();
    await expect(start({ port: redis.port })).rejects.toThrow('Address already in use');
    expect(await ping(redis.url)).toBe('PONG');
    await redis.stop();
  });

  it('shows the end of its log when it cannot start, and leaves no directory behind', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'dev-stack-tmp-'));
    vi.stubEnv('TMPDIR', temporary);
    await expect(start({ args: ['--no-such-option', 'x'] })).rejects.toThrow(/no-such-option/);
    vi.unstubAllEnvs();
    expect(await readdir(temporary)).toEqual([]);
    await rm(temporary, { recursive: true });
  });

  it('asks for a password when it is given one, and REDIS_URL may carry it', async () => {
    const redis = await start({ args: ['--requirepass', 'p@ss'] });
    await expect(ping(redis.url)).rejects.toThrow('NOAUTH');
    const url = redis.url.replace('://', '://:p%40ss@');
    const lines: string[] = [];
    const stack = await startStack({ env: { REDIS_URL: url }, log: (line) => lines.push(line) });
    expect(stack.redis).toEqual({ available: true, url, how: 'the server that REDIS_URL names' });
    expect(lines).toEqual([`redis: the server that REDIS_URL names, redis://***@127.0.0.1:${redis.port}`]);
    await stack.stop();
    const wrong = await startStack({ env: { REDIS_URL: url.replace('%40', '') }, log: silent });
    expect(reasonOf(wrong)).toContain('WRONGPASS');
    await redis.stop();
  });

  it('leaves no exit hook behind', async () => {
    const before = [process.listenerCount('exit'), process.getMaxListeners()];
    const servers = await Promise.all(Array.from({ length: 3 }, () => start()));
    await Promise.all(servers.map((server) => server.stop()));
    expect([process.listenerCount('exit'), process.getMaxListeners()]).toEqual(before);
  });

  it.each([
    { guard: 'the guard of this system', barePath: false },
    { guard: 'only a shell to guard it', barePath: true },
  ])('dies with a parent that is killed, with $guard', async ({ barePath }) => {
    const bin = await mkdtemp(join(tmpdir(), 'dev-stack-bin-'));
    const module = new URL('./index.mjs', import.meta.url).href;
    const program = `
      const { startRedis } = await import(process.argv[1]);
      const { url, dir } = await startRedis({ binary: JSON.parse(process.argv[2]) });
      console.log(JSON.stringify({ url, dir }));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, module, JSON.stringify(binary)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: barePath ? { ...process.env, PATH: bin } : process.env,
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { url, dir } = JSON.parse(line.toString()) as { url: string; dir: string };
    expect(await ping(url)).toBe('PONG');
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(ping(url)).rejects.toThrow('ECONNREFUSED'), { timeout: 5_000, interval: 10 });
    await Promise.all([dir, bin].map((path) => rm(path, { recursive: true })));
  });
});
