import { ERASED, EventReader, type Channel, type Position } from 'nest-event-backbone';
import { expect, it } from 'vitest';
import { all, nextMillisecond, openScene, Shop } from './shop.js';

/** What a reader promises on every channel. */
export function readingPromises(open: () => Channel): void {
  const amounts = (events: readonly object[]) =>
    events.map((event) => (event as { args: { amount: number } }).args.amount);

  it('gives typed events with their arguments by name, in the order of each key', async () => {
    const { shop, reader } = openScene(open);
    const { id, position } = await shop.opened('a', ADA, new Date(5));
    await shop.paid('a', 3);
    await shop.paid('a', 4, 'twice');
    const [first, ...others] = await all(reader.events());
    expect(first).toMatchObject({ name: 'opened', type: 'opened.v1', id, key: 'a', position, erased: [] });
    expect(first?.args).toEqual({ account: 'a', buyer: ADA, at: new Date(5) });
    expect(first?.metadata).toMatchObject({ source: 'test', correlationId: id });
    expect(first?.appendedAt).toBeInstanceOf(Date);
    expect(others.map((event) => (event.name === 'paid' ? [event.args.amount, event.args.note] : []))).toEqual([
      [3, undefined],
      [4, 'twice'],
    ]);
  });

  it('gives the event at a position, and the one with an id', async () => {
    const { channel, shop, reader } = openScene(open);
    const receipts = [await shop.paid('a', 1), await shop.paid('b', 2), await shop.paid('a', 3)];
    for (const [i, { position, id }] of receipts.entries()) {
      const event = await reader.get(position);
      expect(event).toMatchObject({ id, position });
      expect(event?.args).toMatchObject({ amount: i + 1 });
      if (channel.supports.readById) expect(await reader.byId(id)).toMatchObject({ id, position });
    }
    if (channel.supports.readById) expect(await reader.byId('nobody')).toBeUndefined();
    else await expect(reader.byId('nobody')).rejects.toMatchObject({ code: 'EB_UNSUPPORTED' });
  });

  it('finds nothing behind the end of the stream, and refuses to read from there or up to there', async () => {
    const { shop, reader } = openScene(open);
    const { position } = await shop.paid('a', 1);
    const beyond = { ...position, id: position.id.replace(/\d+$/, '999999') };
    expect(await reader.get(beyond)).toBeUndefined();
    expect(await reader.get({ ...beyond, partition: 77 }).catch(codeOf)).toBeOneOf([undefined, 'EB_ARGUMENT']);
    const follow = new AbortController().signal;
    for (const range of [{ after: beyond }, { from: beyond }, { until: beyond }, { after: beyond, follow }]) {
      await expect(all(reader.events(range))).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    }
    await expect(all(reader.events({ after: { ...position, partition: 77 } }))).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
    });
    expect(await all(reader.events({ after: position }))).toEqual([]);
  });

  it('begins behind a position or at it, and ends at one', async () => {
    const { shop, reader } = openScene(open);
    const at: Position[] = [];
    for (const amount of [1, 2, 3, 4]) at.push((await shop.paid('a', amount)).position);
    const [first, second, third] = at;
    expect(amounts(await all(reader.events({ after: second })))).toEqual([3, 4]);
    expect(amounts(await all(reader.events({ from: second })))).toEqual([2, 3, 4]);
    expect(amounts(await all(reader.events({ from: first, until: third })))).toEqual([1, 2, 3]);
    expect(amounts(await all(reader.events({ after: [first as Position], until: [third as Position] })))).toEqual([
      2, 3,
    ]);
  });

  it('begins with the first event of a moment, and ends before the first of another', async () => {
    const { shop, reader } = openScene(open);
    for (const [key, amount] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['a', 4],
      ['b', 5],
    ] as const) {
      await nextMillisecond();
      await shop.paid(key, amount);
    }
    const events = await all(reader.events());
    const times = events.map(({ appendedAt }) => appendedAt.getTime());
    for (const fromMs of times) {
      for (const untilMs of times) {
        if (untilMs < fromMs) continue;
        const inside = events.filter((_, i) => (times[i] ?? 0) >= fromMs && (times[i] ?? 0) < untilMs);
        const read = await all(reader.events({ from: new Date(fromMs), until: new Date(untilMs) }));
        expect(amounts(read).sort()).toEqual(amounts(inside).sort());
      }
      const read = await all(reader.events({ from: new Date(fromMs) }));
      expect(amounts(read).sort()).toEqual(amounts(events.filter((_, i) => (times[i] ?? 0) >= fromMs)).sort());
    }
  });

  it('gives the events of one key, and of some types', async () => {
    const { shop, reader } = openScene(open);
    await shop.paid('a', 1);
    await shop.paid('b', 2);
    await shop.closed('a');
    await shop.paid('a', 3);
    expect((await all(reader.events({ key: 'a' }))).map(({ name }) => name)).toEqual(['paid', 'closed', 'paid']);
    const paid = await all(reader.events({ key: 'a', types: [(e) => e.paid] }));
    expect(paid.map(({ args }) => args.amount)).toEqual([1, 3]);
    expect(await all(reader.events({ types: ['opened'] }))).toEqual([]);
  });

  it('fetches the arguments that are asked for, and no others', async () => {
    const { shop, reader, reads } = openScene(open);
    await shop.paid('a', 1, 'long');
    const [event] = await all(reader.events({ types: ['paid'], fields: ['amount'] }));
    expect(event?.args).toEqual({ amount: 1 });
    expect(reads.at(-1)).toMatchObject({ fields: ['amount'], types: ['paid.v1'] });
  });

  it('gives ERASED for what was erased, and says so', async () => {
    const { channel, environment, shop, reader } = openScene(open);
    const { id, position } = await shop.opened('a', ADA, new Date(5));
    await channel.admin.erase({ environment, contract: 'shop' }, [id]);
    const event = await reader.get(position);
    expect(event?.args).toEqual({ account: 'a', buyer: ERASED, at: new Date(5) });
    expect(event?.erased).toEqual(['buyer']);
    const [plain] = await all(reader.events({ plain: true }));
    expect(plain).toMatchObject({ args: { account: 'a' }, erased: ['buyer'] });
    expect(plain?.args).not.toHaveProperty('buyer');
  });

  it('follows what is appended later, until it is told to stop', async () => {
    const { shop, reader } = openScene(open);
    await shop.paid('a', 1);
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const { args } of reader.events({ types: ['paid'], from: new Date(0), follow: stop.signal })) {
      seen.push(args.amount);
      if (seen.length === 3) stop.abort();
      else await shop.paid('a', args.amount + 1);
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it('fetches no batch before the one in hand was taken', async () => {
    const { shop, reader, reads } = openScene(open);
    for (let amount = 1; amount <= 6; amount += 1) await shop.paid('a', amount);
    for await (const { args } of reader.events({ types: ['paid'], batchSize: 2 })) {
      expect(reads.at(-1)?.events).toBeLessThanOrEqual(args.amount + 1);
      if (args.amount === 3) break;
    }
    expect(reads.at(-1)?.events).toBe(4);
  });

  it('refuses positions of another kind of channel, even where nothing is found by them', async () => {
    const scene = openScene(open);
    const { position } = await scene.shop.paid('a', 1);
    const strange = { partition: 0, id: position.id.includes('-') ? '17' : '17-0' };
    for (const range of [{ after: strange }, { from: strange }, { until: strange }]) {
      await expect(all(new EventReader(Shop, scene).events(range))).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    }
    await expect(new EventReader(Shop, scene).get(strange)).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
  });
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

const ADA = { email: 'ada@example.org' };
