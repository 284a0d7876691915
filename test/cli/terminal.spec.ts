import { existsSync, mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { redisChannel } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startServer } from '../redis/start-server.js';
import { installPackage, type Installed } from './install-package.js';
import { runCli } from './run-cli.js';
import { ShopOn } from './shop-on.js';

const url = inject('redisUrl');
const noted = (text: string) => ({ event: 'noted', args: { text } });
/** Makes a terminal for a command; part of most systems. */
const SCRIPT = '/usr/bin/script';
const canMakeTerminals = process.platform === 'linux' && existsSync(SCRIPT);
const ESCAPE = '\u001b';

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the command line', { timeout: 240_000 }, () => {
  let installed: Installed;
  const shop = () => new ShopOn(installed, { server: url, keys: url, open: () => redisChannel({ url }) });

  beforeAll(async () => {
    installed = await installPackage();
    await installed.compile('test/cli/shop.ts', 'test/cli/event-backbone.config.ts');
  }, 240_000);
  afterAll(() => installed.remove());

  it('obeys nothing of what events hold, and loses nothing of it', async () => {
    const on = shop();
    const hostile = `${ESCAPE}[2J${ESCAPE}]0;title\u0007\r\n\u009b31m\u202eabc ${'x'.repeat(5_000)}`;
    await on.append([{ ...noted(hostile), key: 'k', headers: { note: `${ESCAPE}[31m` } }]);
    for (const args of [['read'], ['read', '--full'], ['read', '--json'], ['tail', '--from', '1h', '-n', '1']]) {
      const text = await on.done(args, { env: { COLUMNS: '80' } });
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    const { args } = (await on.json(['read'])) as { readonly args: { readonly text: string } };
    expect(args.text).toBe(hostile);
  });

  it.for([80, 120])('fits into %i columns', async (columns) => {
    const on = shop();
    await on.append([{ ...noted('x'.repeat(500)), key: 'k'.repeat(20) }, noted('世界'.repeat(100))]);
    await on.handleAll(() => true);
    for (const args of [['status'], ['dead-letters', 'list'], ['read', '--type', 'noted']]) {
      const lines = (await on.done(args, { env: { COLUMNS: String(columns) } })).split('\n');
      for (const line of lines.filter((each) => !each.startsWith('20'))) {
        expect(line.length + (line.match(/[世界]/g) ?? []).length).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('ends in silence when nobody reads on, and closes what it has opened', async () => {
    const on = shop();
    await on.append(Array.from({ length: 2_000 }, (_, i) => noted(`${i} ${'x'.repeat(500)}`)));
    const read = on.start(['read', '--all', '--full']);
    await vi.waitFor(() => expect(read.stdout()).not.toBe(''), { timeout: 120_000 });
    read.hangUp();
    expect(await read.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('says to programs as well that there is more than it shows', async () => {
    const on = shop();
    await on.append(Array.from({ length: 101 }, (_, i) => noted(String(i))));
    const { code, stdout, stderr } = await on.run(['read', '--json']);
    expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 100 });
    expect(stderr).toContain('the first 100 events; there are more');
    expect((await on.done(['read', '--json', '--all'])).trimEnd().split('\n')).toHaveLength(101);
  });

  it('reads without a configuration, and trusts the events about what is personal', async () => {
    const on = shop();
    const { environment } = on.stream;
    await on.append([{ event: 'ordered', args: { customer: { email: 'ada@canary.example' }, product: 'p' } }]);
    const folder = join(installed.folder, '..');
    const run = (args: readonly string[], env = {}) =>
      runCli(installed, [...args, '-s', 'shop', '-e', environment], { folder, env });
    const read = await run(['read', '--url', url]);
    expect(read.stdout).toMatch(/customer +\[personal\]/);
    expect(await run(['status'], { EVENT_BACKBONE_URL: url })).toMatchObject({ code: 0 });
    expect(await run(['status'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no configuration was found') as string,
    });
    const append = await run(['append', 'noted', '--url', url]);
    expect(append).toMatchObject({ code: 2, stderr: expect.stringContaining('append needs the contract') as string });
  });

  it('finds the configuration of a folder above, and says what is wrong with one', async () => {
    const inner = join(installed.folder, 'src/deep');
    mkdirSync(inner, { recursive: true });
    expect(await shop().done(['status'], { folder: inner })).toContain('no group');
    const broken = join(inner, 'broken.mjs');
    const why = async (text: string) => {
      await writeFile(broken, text);
      return runCli(installed, ['status', '--config', broken]);
    };
    expect(await why('export default { chanel: 1 }')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('broken.mjs has no option chanel; known here: channel, contracts') as string,
    });
    expect((await why('export default 7')).stderr).toContain('must export its configuration');
    expect((await why('export default { contracts: [] }')).stderr).toContain('needs a `channel`');
    expect((await why('throw new Error("no such secret")')).stderr).toContain('cannot be loaded: no such secret');
  });

  it.for([
    [['status', '--group-by'], 'unknown option'],
    [['dead-letters', 'list', '--group', 'nobody'], 'shop has no groups'],
    [['reset', '--group', 'nobody', '--to', 'end', '--yes'], 'there is no group nobody'],
    [['read', '--from', 'yesterday'], '--from is neither a time nor a position'],
    [['read', '--from', '2126-01-01'], '`from` is in the future'],
    [['read', '--from', '1h', '--until', '2h'], '`until` lies before the beginning'],
    [['read', '--after', '0:1-2-3'], 'position'],
    [['read', '--type', 'order'], 'there are ordered, noted'],
    [['read', '--field', 'price'], 'there are customer, product, time'],
    [['read', '--environment', 'a b'], 'is not a valid name'],
    [['read', '--connection', 'other'], 'the configuration has no connection of that name'],
    [['append', 'sold'], 'the stream has no event of this name; there are ordered, noted'],
    [['append', 'noted', '{"words":1}'], 'it has text'],
    [['append', 'noted', '{'], 'line 1, is not JSON'],
    [['erase', ''], 'nobody was named'],
  ] as const)('refuses %j', async ([args, why]) => {
    const ran = await shop().run([...args, '--json']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { message: expect.stringContaining(why) as string } });
  });

  it('says which client is missing', async () => {
    const without = await installed.besides('reflect-metadata');
    expect((await runCli(without, ['--version'])).code).toBe(0);
    for (const [server, client] of [
      ['redis://localhost:1', 'ioredis'],
      ['postgres://localhost:1/x', 'pg'],
      ['kafka://localhost:1', 'kafkajs'],
    ] as const) {
      const ran = await runCli(without, ['status', '--url', server, '-s', 'shop', '--json']);
      const message = `this needs the package "${client}", which is not installed; npm install ${client}`;
      expect({ ...ran, stderr: JSON.parse(ran.stderr) as unknown }).toEqual({
        code: 2,
        stdout: '',
        stderr: { error: { message } },
      });
    }
  });

  it('fails when the server is away, and never shows its password', async () => {
    const ran = await runCli(installed, ['status', '--url', 'redis://:hush@127.0.0.1:1', '-s', 'shop']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('EB_CHANNEL');
    expect(ran.stderr).not.toContain('hush');
  });

  it('prints documents, and ends with 1 for a change that breaks readers', async () => {
    const on = shop();
    const printed = await on.done(['schema']);
    expect(JSON.parse(printed)).toMatchObject({ asyncapi: '3.0.0', info: { title: 'Shop' } });
    expect(await on.done(['schema', '--yaml'])).toContain('asyncapi: 3.0.0');
    expect(JSON.parse(await on.done(['schema', '--format', 'json-schema']))).toHaveProperty(['shop/noted.v1']);
    const released = join(installed.folder, 'released.json');
    await writeFile(released, printed);
    expect(await on.done(['schema', 'check', '--against', released])).toBe('no changes\n');
    await writeFile(released, printed.replaceAll('"text"', '"words"'));
    const broken = await on.run(['schema', 'check', '--against', released, '--json']);
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ breaking: true, changes: [{ verdict: 'breaking' }, {}] });
    expect((await on.run(['schema', 'check', '--against', 'nowhere.json'])).code).toBe(2);
    expect(await on.done(['schema', 'check', '--published'])).toBe('no changes\n');
  });

  describe.skipIf(!canMakeTerminals)('on a terminal', () => {
    const typed = async (on: ShopOn, command: string, answer = '', env = {}) => {
      const { SERVER, KEYS, ENVIRONMENT } = { SERVER: url, KEYS: url, ENVIRONMENT: on.stream.environment };
      const all = { PATH: process.env['PATH'], TERM: 'xterm', SERVER, KEYS, ENVIRONMENT, ...env };
      const line = `stty cols 80; ${process.execPath} ${installed.main} ${command}`;
      const child = spawn(SCRIPT, ['-qec', line, '/dev/null'], { cwd: installed.folder, env: all, stdio: 'pipe' });
      let [text, isAnswered] = ['', answer === ''];
      child.stdin.on('error', () => undefined);
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        // Once: what comes behind the answer may be read only when nobody is there any more to take another.
        if (isAnswered || !text.includes('[y/N]')) return;
        isAnswered = true;
        child.stdin.write(`${answer}\n`);
      });
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, text };
    };

    it('shows colours, and none when nobody wants them', async () => {
      const on = shop();
      await on.append([noted('x')]);
      expect((await typed(on, 'status')).text).toContain(`${ESCAPE}[2mstream`);
      expect((await typed(on, 'status', '', { NO_COLOR: '1' })).text).not.toContain(ESCAPE);
      expect((await typed(on, 'status --json')).text).not.toContain(ESCAPE);
      expect(await on.done(['read'])).not.toContain(ESCAPE);
    });

    it('asks before it does what cannot be taken back', async () => {
      const on = shop();
      await on.append([noted('x')]);
      await on.handleAll();
      const no = await typed(on, 'reset --to beginning', 'n');
      expect(no.code).toBe(2);
      expect(no.text).toMatch(/1 event to come again, 0 to be skipped\. Go on\? \[y\/N\][^]*nothing was changed/);
      expect(JSON.stringify(await on.json(['status']))).toContain('"lag":0');
      const yes = await typed(on, 'reset --to beginning', 'y');
      expect(yes.code).toBe(0);
      expect(yes.text).toContain('moved packing of shop to the beginning');
      expect(JSON.stringify(await on.json(['status']))).not.toContain('"lag":0');
    });

    it('shows how far it is', async () => {
      const on = shop();
      await on.append([noted('x'), noted('y')]);
      await on.handleAll(() => true);
      expect((await typed(on, 'dead-letters redrive --all')).text).toMatch(/2\/2 dead letters[^]*2 redriven/);
    });
  });

  it('waits for a server that goes away, and goes on where it was', async () => {
    const own = await startServer();
    const on = new ShopOn(installed, { server: own.url, keys: url, open: () => redisChannel({ url: own.url }) });
    await on.append([noted('before')]);
    const tail = on.start(['tail', '--from', '1h', '--json']);
    await vi.waitFor(() => expect(tail.stdout()).toContain('before'), { timeout: 120_000 });
    process.kill(own.pid, 'SIGSTOP');
    try {
      await vi.waitFor(() => expect(tail.stderr()).toContain('waiting for the server'), { timeout: 120_000 });
    } finally {
      process.kill(own.pid, 'SIGCONT');
    }
    await on.append([noted('after')]);
    await vi.waitFor(() => expect(tail.stdout()).toContain('after'), { timeout: 120_000 });
    tail.interrupt();
    const { code, stdout } = await tail.ended;
    expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 2 });
  });

  it('does not wait for a server that was never there', async () => {
    const ran = await runCli(installed, ['tail', '--url', 'redis://127.0.0.1:1', '-s', 'shop']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
  });
});
