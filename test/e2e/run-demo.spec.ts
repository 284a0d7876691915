import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { PROJECT } from '../../tools/demo/services.mjs';
import { until } from '../../tools/demo/until.mjs';

const url = inject('redisUrl');

interface Run {
  /** Its exit code and all that it printed, once it has ended. */
  readonly ended: Promise<{ readonly code: unknown; readonly printed: string }>;
  readonly printed: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, ['tools/demo/run.mjs', ...args], {
    cwd: PROJECT,
    env: { ...process.env, NO_COLOR: '1', STACK: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += String(data)));
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, printed }));
  return { ended, printed: () => printed, kill: (signal) => void child.kill(signal) };
}

/** Whether something answers there. */
async function answers(service: string): Promise<boolean> {
  return fetch(service).then(
    () => true,
    () => false,
  );
}

describe('npm run demo', { timeout: 120_000 }, () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  /** Starts a demo to be watched and resolves to the addresses of its services, once it has printed this. */
  async function watched({ printed }: Run, text: string): Promise<readonly string[]> {
    await until(async () => (printed().includes(text) ? true : undefined), {
      timeoutMs: 90_000,
      what: () => `the demo is not there yet:\n${printed()}`,
    });
    const services = [...new Set(printed().match(/http:\/\/127\.0\.0\.1:\d+/g))];
    expect(await Promise.all(services.map(answers))).toEqual([true, true, true]);
    return services;
  }

  it('places the orders it is told to, ends with the counts, and needs no server on the memory channel', async () => {
    const { ended } = demo(['--channel', 'memory', '--orders', '5'], { STEP_DELAY_MS: '0' });

    const { code, printed } = await ended;
    expect(printed).toContain('5 orders, 20 events, 20 handled by transit, 20 handled by reporter');
    expect(printed).not.toContain('redis');
    expect(code).toBe(0);
  });

  it.skipIf(url === '')('runs three processes on Redis', async () => {
    const { code, printed } = await demo([], { REDIS_URL: url }).ended;

    expect(printed).toContain('4 orders, 16 events, 16 handled by transit, 16 handled by reporter');
    expect(code).toBe(0);
  });

  const servers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['memory', {}],
    ...(url === '' ? [] : [['redis', { REDIS_URL: url }] as const]),
  ];
  it.each(servers)(
    'forgets a customer on %s, starts the reporter anew, and tells that it held',
    async (channel, env) => {
      const args = ['--channel', channel, '--orders', '3', '--erase'];
      const { code, printed } = await demo(args, { ...env, STEP_DELAY_MS: '0' }).ended;

      const [, table = ''] = printed.split(/the reporter starts anew/);
      expect(table).toMatch(/Nintendo +│ erased /);
      expect(table).toMatch(/Camera +│ ben\.2@example\.com /);
      expect(table).toMatch(/Laptop +│ cleo\.3@example\.com /);
      expect(table).toContain('3 orders, 12 events, 1 erasure, 12 handled by transit, 13 handled by reporter');
      expect(table).toContain('ann.1@example.com is forgotten, 4 fields and 1 key erased');
      expect(code).toBe(0);
    },
  );

  it.skipIf(url === '')('leaves nothing running after Ctrl-C', async () => {
    const run = demo(['--watch', '--orders', '1'], { REDIS_URL: url, STEP_DELAY_MS: '0' });
    const services = await watched(run, 'still running');

    run.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(await Promise.all(services.map(answers))).toEqual([false, false, false]);
  });

  it.skipIf(url === '')('leaves no service behind even when it is killed itself', async () => {
    const run = demo(['--watch', '--orders', '1'], { REDIS_URL: url });
    const services = await watched(run, 'placing');

    run.kill('SIGKILL');
    await run.ended;
    const gone = async () => ((await Promise.all(services.map(answers))).includes(true) ? undefined : true);
    expect(await until(gone, { timeoutMs: 10_000, what: () => 'a service still answers' })).toBe(true);
  });

  it('says what it was given that it does not know, and ends with 2', async () => {
    const { code, printed } = await demo(['--nonsense']).ended;

    expect(printed).toContain("'--nonsense'");
    expect(code).toBe(2);
  });

  it('falls back to PostgreSQL, and says so and why, when there is no Redis', async () => {
    const nowhere = { REDIS_URL: 'redis://127.0.0.1:1', STEP_DELAY_MS: '0' };
    const { code, printed } = await demo(['--orders', '1'], nowhere).ended;

    expect(printed).toContain('which does not answer PING');
    expect(printed).toContain('NO REDIS: the services run on PostgreSQL');
    expect(printed).toContain('1 order, 4 events, 4 handled by transit, 4 handled by reporter');
    expect(code).toBe(0);
  });

  it('falls back to the memory channel, and says so, when there is no server at all', async () => {
    const nowhere = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'postgres://127.0.0.1:1/x', STEP_DELAY_MS: '0' };
    const { code, printed } = await demo(['--orders', '1'], nowhere).ended;

    expect(printed).toContain('NO SERVER');
    expect(printed).toContain('1 order, 4 events, 4 handled by transit, 4 handled by reporter');
    expect(code).toBe(0);
  });

  it('fails, and says why, when it is to run on a Redis that is not there', async () => {
    const { code, printed } = await demo(['--channel', 'redis'], { REDIS_URL: 'redis://127.0.0.1:1' }).ended;

    expect(printed).toContain('failed: there is no Redis to be had');
    expect(code).toBe(1);
  });
});
