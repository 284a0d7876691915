import { kafkaChannel } from 'nest-event-backbone/kafka';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { installPackage, type Installed } from '../cli/install-package.js';
import { runCli } from '../cli/run-cli.js';
import { ShopOn } from '../cli/shop-on.js';

const [server, keys] = [inject('kafkaBrokers'), inject('redisUrl')];
const ADA = 'ada@canary.example';
const noted = (text: string, id: string) => ({ event: 'noted', args: { text }, id, key: id });

// Without servers the global set-up says why there are none.
describe.skipIf(server === '' || keys === '')('the command line on Kafka', { timeout: 240_000 }, () => {
  let installed: Installed;
  const open = () => kafkaChannel({ brokers: server.split(','), payloads: 'record', partitions: 1 });
  const shop = () => new ShopOn(installed, { server, keys, open });

  beforeAll(async () => {
    installed = await installPackage();
    await installed.compile('test/cli/shop.ts', 'test/cli/event-backbone.config.ts');
  }, 240_000);
  afterAll(() => installed.remove());

  it('appends, reads without what is personal, and erases', async () => {
    const on = shop();
    await on.append([{ event: 'ordered', args: { customer: { email: ADA }, product: 'p' } }, noted('x', 'n-1')]);
    expect(await on.done(['read', '--limit', '1'])).toMatch(/ordered\.v1[^]*customer +\[personal\]/);
    expect(await on.done(['read', '--personal', '--type', 'ordered'])).toContain(ADA);
    const { environment } = on.stream;
    const args = ['read', '--url', `kafka://${server}`, '-s', 'shop', '-e', environment];
    expect((await runCli(installed, args, { folder: installed.folder })).stdout).toMatch(/customer +\[personal\]/);
    expect(await on.json(['erase', ADA, '--yes'])).toMatchObject({ keys: 1 });
    expect(await on.done(['read', '--personal'])).not.toContain(ADA);
    const byId = await on.run(['read', '--id', 'n-1']);
    expect(byId).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot read an event by its id') as string,
    });
  });

  it('shows groups, and moves them', async () => {
    const on = shop();
    await on.append([noted('one', 'n-1'), noted('two', 'n-2')]);
    await on.handleAll((type) => type === 'noted.v1');
    expect(await on.json(['status'])).toMatchObject({ streams: [{ groups: [{ group: 'packing', deadLetters: 2 }] }] });
    expect(await on.done(['dead-letters', 'list'])).toMatch(/n-1[^]*n-2/);
    expect(await on.done(['replay', '--from', 'beginning', '--dry-run'])).toContain('2 events to come again');
    expect(await on.done(['replay', '--from', '0:1', '--yes'])).toBe('moved packing of shop back to 0:1\n');
    expect(await on.done(['status'])).toMatch(/packing/);
  });

  it('shows what is appended until it is interrupted', async () => {
    const on = shop();
    await on.append([noted('before', 'n-0')]);
    const tail = on.start(['tail']);
    let count = 0;
    // Nobody can tell when it has begun to read.
    await vi.waitFor(
      async () => {
        await on.append([noted('live', `n-${(count += 1)}`)]);
        expect(tail.stdout()).toContain('live');
      },
      { timeout: 120_000, interval: 100 },
    );
    tail.interrupt();
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('before');
  });
});
