import type { EventChain, EventPage, EventView } from 'nest-event-backbone/dashboard';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { SECRET } from './server-shop.js';
import { EVENTS, LETTERS, oneLetter, startServer, STREAM } from './server-start.js';

describe('the event browser', () => {
  it('finds events by id, key, type, time and position', async () => {
    const { json, orders } = await startServer();
    const receipt = await orders.placed('1', SECRET, '', []);
    await orders.placed('2', SECRET, '', []);
    await orders.paid('1', 12n, Uint8Array.of(0, 1, 2));
    const { events } = await json<EventPage>(EVENTS);
    const keys = async (query: string) =>
      (await json<EventPage>(`${EVENTS}?${query}`)).events.map(({ type, key }) => [type, key]);
    expect(await keys('key=1')).toEqual([
      ['paid.v1', '1'],
      ['placed.v1', '1'],
    ]);
    expect(await keys('type=paid.v1')).toEqual([['paid.v1', '1']]);
    expect(await keys(`id=${receipt.id}`)).toEqual([['placed.v1', '1']]);
    expect(await keys('id=unknown')).toEqual([]);
    expect(await keys(`position=${events[1]?.position ?? ''}`)).toEqual([['placed.v1', '2']]);
    expect(await keys(`until=${events[0]?.appendedAt ?? 0}&from=${(events[2]?.appendedAt ?? 0) + 1_000}`)).toEqual([]);
    expect(await keys(`from=${events[2]?.appendedAt ?? 0}`)).toHaveLength(3);
    expect(await keys(`after=${events[2]?.position ?? ''}`)).toHaveLength(2);
    expect(await keys(`before=${events[1]?.position ?? ''}`)).toEqual([['placed.v1', '1']]);
    expect(events[0]?.arguments).toEqual({ order: '1', amount: { $bigint: '12' }, receipt: { $bytes: 'AAEC' } });
  });

  it('shows personal arguments to those who may see them, and to nobody else in any answer', async () => {
    const hidden = await startServer();
    await hidden.orders.placed('1', SECRET, 'broken', []);
    const { letters } = await oneLetter(hidden.json);
    const { events } = await hidden.json<EventPage>(EVENTS);
    const paths = [EVENTS, `${EVENTS}/${events[0]?.position ?? ''}`, LETTERS, `${LETTERS}/${letters[0]?.id ?? ''}`];
    for (const path of [...paths, '/api/streams', `/api/streams/${STREAM}`]) {
      expect([path, await (await hidden.ask(path)).text()]).toEqual([path, expect.not.stringContaining(SECRET)]);
    }
    expect(events[0]?.personal).toEqual(['email']);
    const seen = await startServer({ dashboard: { access: () => ({ personal: true }) } });
    await seen.orders.placed('1', SECRET, '', []);
    expect((await seen.json<EventPage>(EVENTS)).events[0]?.arguments['email']).toBe(SECRET);
  });

  it('gives the chain of an event without its arguments, and none of an event that is not there', async () => {
    const { ask, json, orders } = await startServer();
    const { id, position } = await orders.placed('1', SECRET, '', []);
    await orders.placed('2', SECRET, '', []);
    const path = `${EVENTS}/${position.partition}:${position.id}/chain`;
    const { events, incomplete } = await json<EventChain>(path);
    expect(events.map((link) => [link.stream, link.id, link.key])).toEqual([[STREAM, id, '1']]);
    expect(incomplete).toBe(false);
    expect(await (await ask(path)).text()).not.toContain(SECRET);
    expect((await ask(`${EVENTS}/0:999999/chain`)).status).toBe(404);
  });

  it('cuts long values in lists, and gives them whole when one event is asked for', async () => {
    const { json, orders } = await startServer();
    const deep = Array.from({ length: 30 }).reduce<unknown>((inner) => ({ inner }), 'core');
    const many = Array.from({ length: 1_000 }, (_, i) => i);
    await orders.placed('1', SECRET, 'x'.repeat(100_000), { deep, many });
    const { events } = await json<EventPage>(EVENTS);
    expect(events[0]?.arguments['note']).toEqual({ $truncated: { length: 100_000, start: 'x'.repeat(200) } });
    const lines = JSON.stringify(events[0]?.arguments['lines']);
    expect(lines).toContain('"$deep":true');
    expect(lines).toContain('{"$truncated":{"length":1000,"start":""}}');
    const whole = await json<EventView>(`${EVENTS}/${events[0]?.position ?? ''}`);
    expect(whole.arguments['note']).toHaveLength(100_000);
    expect(whole.arguments['lines']).toEqual({ deep, many });
  });

  it('goes back through a long past page by page, missing nothing and repeating nothing', async () => {
    let now = Date.UTC(2020, 0, 1);
    const { json, orders } = await startServer({ channel: memoryChannel({ now: () => now }) });
    const steps = [0, 0, 1, 50, 86_400_000, 0, 0, 30 * 86_400_000, 1, 0];
    for (let i = 0; i < 200; i += 1) {
      now += steps[i % steps.length] ?? 0;
      await orders.placed(String(i), SECRET, '', []);
    }
    const keys: string[] = [];
    let before: string | undefined;
    do {
      const query = before === undefined ? '' : `&before=${encodeURIComponent(before)}`;
      const page: EventPage = await json(`${EVENTS}?limit=17${query}`);
      keys.push(...page.events.map(({ key }) => key));
      before = page.older;
    } while (before !== undefined);
    expect(keys).toEqual(Array.from({ length: 200 }, (_, i) => String(199 - i)));
  });
});
