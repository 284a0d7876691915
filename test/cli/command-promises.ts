import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installPackage, type Installed } from './install-package.js';
import { ShopOn, type Servers } from './shop-on.js';

const ADA = 'ada@canary.example';
const ORDERED = {
  event: 'ordered',
  args: { customer: { email: ADA }, product: 'camera', time: '2026-11-22T10:00:00Z' },
};
const noted = (text: string, id?: string) => ({ event: 'noted', args: { text }, id });
const MINUTES = { timeout: 240_000 };

/** What the command line promises on a channel. */
export function describeCommands(name: string, servers: () => Servers): void {
  describe(name, MINUTES, () => {
    let installed: Installed;
    const shop = () => new ShopOn(installed, servers());

    beforeAll(async () => {
      installed = await installPackage();
      await installed.compile('test/cli/shop.ts', 'test/cli/event-backbone.config.ts');
    }, 240_000);
    afterAll(() => installed.remove());

    it('appends what the contract allows, and shows it without what is personal', async () => {
      const on = shop();
      const args = JSON.stringify(ORDERED.args);
      expect(await on.json(['append', 'ordered', args, '--id', 'o-1', '--header', 'tenant=blue'])).toMatchObject({
        id: 'o-1',
        duplicate: false,
      });
      expect(await on.json(['append', 'ordered', args, '--id', 'o-1'])).toMatchObject({ duplicate: true });
      const refused = await on.run(['append', 'ordered', '{"customer":{"email":"nobody"},"product":"p"}', '--json']);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'EB_VALIDATION' } });

      expect(await on.json(['read'])).toMatchObject({
        ...{ id: 'o-1', type: 'ordered.v1', key: 'camera', headers: { tenant: 'blue' }, source: 'event-backbone' },
        args: { customer: '[personal]', product: 'camera', time: '2026-11-22T10:00:00.000Z' },
        hidden: ['customer'],
      });
      const text = await on.done(['read', '--full']);
      expect(text).toMatch(/ordered\.v1 {2}key camera[^]*customer +\[personal\][^]*header tenant +blue/);
      expect(text).not.toContain('canary');
      expect(await on.done(['read', '--personal'])).toContain(`{"email":"${ADA}"}`);
    });

    it('changes nothing in a dry run', async () => {
      const on = shop();
      expect(await on.done(['append', 'noted', '{"text":"x"}', '--dry-run'])).toBe('would append noted\n');
      expect((await on.run(['append', 'noted', '{"text":7}', '--dry-run'])).code).toBe(2);
      expect(await on.done(['read', '--json'])).toBe('');
      await on.append([noted('x'), ORDERED]);
      await on.handleAll((type) => type === 'noted.v1');
      const before = await on.json(['status']);
      expect(await on.done(['reset', '--to', 'beginning', '--dry-run'])).toContain(
        '2 events to come again, 0 to be skipped',
      );
      expect(await on.done(['replay', '--from', '1h', '--dry-run'])).toContain('2 events to come again');
      expect(await on.done(['dead-letters', 'redrive', '--all', '--dry-run'])).toBe('1 would be redriven\n');
      expect(await on.done(['dead-letters', 'remove', '--all', '--dry-run'])).toBe('1 would be removed\n');
      expect(await on.done(['erase', ADA, '--dry-run'])).toBe('would erase 1 field of 1 event\n');
      expect(withoutAges(await on.json(['status']))).toEqual(withoutAges(before));
      expect(await on.done(['read', '--personal'])).toContain(ADA);
    });

    it('reads a part of a stream', async () => {
      const on = shop();
      await on.append([noted('one', 'n-1'), ORDERED, noted('two', 'n-2'), { ...noted('three', 'n-3'), key: 'k' }]);
      const ids = async (...args: readonly string[]) => {
        const lines = (await on.done(['read', '--json', ...args])).split('\n').filter((line) => line !== '');
        return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
      };
      expect(await ids('--type', 'noted')).toEqual(['n-1', 'n-2', 'n-3']);
      expect(await ids('--type', 'noted.v1', '--limit', '2')).toEqual(['n-1', 'n-2']);
      expect(await ids('--key', 'k')).toEqual(['n-3']);
      expect(await ids('--from', '1h', '--until', '1m')).toEqual([]);
      expect(await ids('--from', '1h', '--type', 'noted', '--key', 'n-2')).toEqual(['n-2']);
      const text = await on.done(['read', '--key', 'n-2']);
      const [, position = ''] = /at (\d+:[\d-]+)/.exec(text) ?? [];
      expect(await ids('--from', position)).toEqual(['n-2', 'n-3']);
      expect(await ids('--after', position)).toEqual(['n-3']);
      expect(await ids('--from', position, '--until', position)).toEqual(['n-2']);
    });

    it('shows how groups stand, and what they have set aside', async () => {
      const on = shop();
      expect(await on.done(['status'])).toMatch(/shop +0 +no group/);
      await on.append([ORDERED, noted('x', 'n-1')]);
      await on.handleAll((type) => type === 'ordered.v1');
      await on.append([noted('y')]);
      expect(await on.done(['status'])).toMatch(
        /stream +events +group[^]*\nshop +(about )?3 +packing +0 +1 \(\d+\w+\) +0 +0 +1/,
      );
      expect(await on.json(['status'])).toMatchObject({
        streams: [{ contract: 'shop', groups: [{ group: 'packing', deadLetters: 1 }] }],
      });
      const list = await on.done(['dead-letters', 'list']);
      expect(list).toMatch(/\d+\w+ +failed +ordered\.v1 +camera +3 +TypeError: \\u001b\[31mno such product/);
      const { letters } = (await on.json(['dead-letters', 'list'])) as {
        readonly letters: readonly { readonly id: string }[];
      };
      const [{ id } = { id: '' }] = letters;
      const shown = await on.done(['dead-letters', 'show', id, '--full']);
      expect(shown).toMatch(/at pack \(warehouse\.js[^]*customer +\[personal\]/);
      expect(await on.done(['dead-letters', 'show', id, '--personal'])).toContain(ADA);
      expect(await on.run(['dead-letters', 'show', 'none'])).toMatchObject({ code: 1, stdout: '' });

      const partly = await on.run(['dead-letters', 'redrive', id, 'none']);
      expect(partly).toMatchObject({ code: 1, stdout: '1 redriven\n' });
      await on.handleAll((type) => type === 'ordered.v1');
      const kept = await on.run(['dead-letters', 'remove', '--all']);
      expect(kept).toMatchObject({ code: 2, stdout: '' });
      expect(kept.stderr).toContain(
        'this would remove 1 dead letter of packing; nobody can be asked here, so say --yes',
      );
      expect(await on.json(['dead-letters', 'list'])).toMatchObject({ total: 1 });
      expect(await on.json(['dead-letters', 'remove', '--all', '--yes'])).toEqual({ removed: 1 });
      expect(await on.done(['dead-letters', 'list'])).toBe('nothing was set aside\n');
    });

    it('moves a group back by replay and anywhere by reset, and only when it is told to', async () => {
      const on = shop();
      await on.append([noted('one', 'n-1'), noted('two', 'n-2')]);
      await on.handleAll();
      await on.append([noted('three', 'n-3')]);
      const unconfirmed = await on.run(['reset', '--to', 'end']);
      expect(unconfirmed).toMatchObject({ code: 2, stdout: '' });
      expect(unconfirmed.stderr).toContain('0 events to come again, 1 to be skipped; nobody can be asked here');
      const forward = await on.run(['replay', '--from', '0m', '--yes']);
      expect(forward.code).toBe(2);
      expect(forward.stderr).toContain('packing has not been handed 1 event before that yet, and would lose them');
      expect(lagOf(await on.json(['status']))).toBe(1);

      const second = /at (\d+:[\d-]+)/.exec(await on.done(['read', '--key', 'n-2']))?.[1] ?? '';
      expect(await on.done(['replay', '--from', second, '--dry-run'])).toContain('1 event to come again');
      expect(await on.done(['replay', '--from', second, '--yes'])).toBe(`moved packing of shop back to ${second}\n`);
      await on.handleAll((type) => type === 'noted.v1');
      expect(await on.json(['dead-letters', 'list'])).toMatchObject({ letters: [{ key: 'n-2' }, { key: 'n-3' }] });
      await on.done(['reset', '--to', 'beginning', '--yes']);
      await on.handleAll((type) => type === 'noted.v1');
      expect(await on.done(['dead-letters', 'list'])).toMatch(/n-1/);
    });

    it('exports, erases and audits what is stored about a person', async () => {
      const on = shop();
      await on.append([ORDERED, noted('x')]);
      const hidden = await on.done(['export', ADA]);
      expect(hidden).toMatch(/ordered\.v1[^]*customer +\[personal\]/);
      expect(hidden).not.toContain('canary');
      expect(await on.json(['export', '-', '--personal'], { input: `${ADA}\n` })).toMatchObject({
        events: [{ type: 'ordered.v1', fields: { customer: { email: ADA } } }],
      });
      const unconfirmed = await on.run(['erase', ADA]);
      expect(unconfirmed.code).toBe(2);
      expect(unconfirmed.stderr).toContain("this would erase 1 field of 1 event and the person's key, for good");
      expect(unconfirmed.stderr).not.toContain('canary');
      expect(await on.json(['erase', ADA, '--yes'])).toMatchObject({ events: 1, fields: 1, keys: 1 });
      expect(await on.done(['export', ADA])).toBe('nothing is stored about this person\n');
      expect(await on.done(['read', '--personal'])).toMatch(/customer +\[erased\]/);
      expect(await on.done(['audit'])).toMatch(/3 events and 0 dead letters were read; nothing was found/);
    });

    it('shows what is appended until it is interrupted', async () => {
      const on = shop();
      await on.append([noted('before')]);
      const tail = on.start(['tail', '--json']);
      let count = 0;
      // Nobody can tell when it has begun to read.
      await vi.waitFor(
        async () => {
          await on.append([noted(`live-${(count += 1)}`)]);
          expect(tail.stdout()).toContain('live-');
        },
        { timeout: 120_000, interval: 100 },
      );
      tail.interrupt();
      const { code, stdout } = await tail.ended;
      expect(code).toBe(0);
      expect(stdout).not.toContain('before');
      for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ type: 'noted.v1' });
    });
  });
}

function lagOf(status: unknown): unknown {
  return (status as { readonly streams: readonly { readonly groups: readonly { readonly lag?: number }[] }[] })
    .streams[0]?.groups[0]?.lag;
}

/** Ages grow while somebody looks. */
function withoutAges(status: unknown): unknown {
  return JSON.parse(JSON.stringify(status, (name, value: unknown) => (/Ms$/.test(name) ? undefined : value)));
}
