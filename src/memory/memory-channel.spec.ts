import { describe, expect, it } from 'vitest';
import type { Batch, Delivery, Message, ReadEvent, Subscription } from '../core/index.js';
import { memoryChannel, type MemoryChannel } from './memory-channel.js';

const stream = { environment: 'test', contract: 'shipments' };
const group = 'transit';

describe('a memory channel', () => {
  it('numbers the events of each stream from 1 on and stamps them with its clock', async () => {
    let now = 1_000;
    const channel = memoryChannel({ now: () => now });
    const first = await channel.publish(stream, [message('a'), message('b')]);
    now = 2_000;
    await channel.publish(stream, [message('c')]);
    const [other] = await channel.publish({ ...stream, environment: 'elsewhere' }, [message('a')]);

    expect(first.map(({ position }) => position)).toEqual([
      { partition: 0, id: '1' },
      { partition: 0, id: '2' },
    ]);
    expect(other?.position.id).toBe('1');
    expect((await readAll(channel)).map(({ appendedAt }) => appendedAt)).toEqual([1_000, 1_000, 2_000]);
  });

  it('hands out what came back in the order of the stream, before what is new', async () => {
    const channel = memoryChannel();
    await channel.publish(
      stream,
      ['a', 'b', 'c', 'd'].map((id) => ({ ...message(id), key: id })),
    );
    const [first, second] = [1, 2].map((batchSize) => channel.subscribe({ stream, group, batchSize }));
    const [a] = (await next(first as Subscription)).deliveries;
    const [b] = (await next(second as Subscription)).deliveries;
    expect(await second?.settle([{ delivery: b as Delivery }])).toEqual([]);
    await second?.close();
    await first?.close();
    const after = await next(channel.subscribe({ stream, group }));

    expect(a?.message?.id).toBe('a');
    expect(after.deliveries.map(({ message }) => message?.id)).toEqual(['a', 'c', 'd']);
    expect(after.deliveries.map(({ deliveries }) => deliveries)).toEqual([2, 2, 1]);
    expect(after.caughtUp).toBe(true);
  });

  it('gives every reader bytes of its own', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [{ ...message('a'), fields: { bytes: Uint8Array.of(1, 2, 3) } }]);
    const [mine] = await readAll(channel);
    (mine?.message?.fields['bytes'] as Uint8Array).fill(0);
    const [delivery] = (await next(channel.subscribe({ stream, group }))).deliveries;

    expect(delivery?.message?.fields['bytes']).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('leaves behind what a message has no place for', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [{ ...message('a'), secret: 1 } as Message]);

    expect((await readAll(channel))[0]?.message).not.toHaveProperty('secret');
  });

  it('stores nothing of an append that was given up, or whose messages have several keys where one is expected', async () => {
    const channel = memoryChannel();
    const signal = AbortSignal.abort();
    await expect(channel.publish(stream, [message('a')], { signal })).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
    await expect(
      channel.publish(stream, [message('a'), { ...message('b'), key: 'other' }], { expected: 'none' }),
    ).rejects.toMatchObject({ code: 'EB_ARGUMENT' });

    expect(await readAll(channel)).toEqual([]);
  });

  it('names neither key nor fields when it refuses an append', async () => {
    const channel = memoryChannel();
    const canary = { ...message('a'), key: 'canary', fields: { canary: 'canary' } };
    await channel.publish(stream, [canary]);
    const refusal = await channel.publish(stream, [{ ...canary, id: 'b' }], { expected: 'none' }).catch(String);

    expect(refusal).toContain('EB_CONFLICT');
    expect(refusal).not.toContain('canary');
  });

  it('refuses names and positions that no channel gave out', async () => {
    const channel = memoryChannel();
    const foreign = { after: [{ partition: 0, id: '17-1' }] };
    await expect(channel.publish({ ...stream, contract: 'a:b' }, [])).rejects.toMatchObject({ code: 'EB_NAME' });
    expect(() => channel.subscribe({ stream, group: 'a b' })).toThrow('EB_NAME');
    await expect(readAll(channel, foreign)).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    await expect(readAll(channel, { after: [{ partition: 1, id: '1' }] })).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
    });
  });

  it('says with an empty batch that there is nothing yet, and then waits', async () => {
    const channel = memoryChannel();
    const iterator = channel.subscribe({ stream, group })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual({ deliveries: [], caughtUp: true });
    const waiting = [iterator.next(), iterator.next()];
    await channel.publish(stream, [message('a')]);
    await channel.publish(stream, [message('b')]);

    const batches = await Promise.all(waiting);
    expect(batches.map(({ value }) => (value as Batch).deliveries.map((d) => d.message?.id))).toEqual([['a'], ['b']]);
  });

  it('refuses a second iteration of a subscription, and ends one of a closed subscription at once', async () => {
    const channel = memoryChannel();
    const iterated = channel.subscribe({ stream, group });
    await next(iterated);
    expect(() => iterated[Symbol.asyncIterator]()).toThrow('subscribe again');
    const closed = channel.subscribe({ stream, group });
    await closed.close();

    expect(await closed[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it('tells a consumer what a reset has taken from it', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, ['a', 'b', 'c'].map(message));
    const lost: Delivery[] = [];
    const subscription = channel.subscribe({ stream, group, onLost: (deliveries) => lost.push(...deliveries) });
    const { deliveries } = await next(subscription);
    await subscription.settle(deliveries.slice(0, 1).map((delivery) => ({ delivery })));
    await channel.admin.reset(stream, group, 'end');

    expect(lost).toEqual(deliveries.slice(1));
    expect(await channel.admin.state(stream, group)).toMatchObject({ pending: 0, lag: 0, consumers: 1 });
  });

  it('keeps a dead letter whose event was trimmed, and does not redrive it', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a')]);
    const subscription = channel.subscribe({ stream, group });
    const [delivery] = (await next(subscription)).deliveries as [Delivery];
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await subscription.settle([{ delivery, deadLetter }]);
    expect(await channel.admin.trim(stream, { until: [delivery.position], force: true })).toBe(1);

    const { deadLetters } = channel.admin;
    expect(await deadLetters.show(stream, group, '1')).toMatchObject({ letter: { eventId: 'a' }, event: undefined });
    expect(await deadLetters.redrive(stream, group, ['1'])).toBe(0);
    expect(await deadLetters.list(stream, group)).toHaveLength(1);
    expect(await channel.publish(stream, [message('a')])).toMatchObject([{ duplicate: true }]);
  });

  it('hands a redriven event out once when its group was moved before it', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a')]);
    const subscription = channel.subscribe({ stream, group });
    const [delivery] = (await next(subscription)).deliveries as [Delivery];
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await subscription.settle([{ delivery, deadLetter }]);
    await subscription.close();
    await channel.admin.reset(stream, group, 'beginning');
    expect(await channel.admin.deadLetters.redrive(stream, group, ['1'])).toBe(1);

    expect((await next(channel.subscribe({ stream, group }))).deliveries).toHaveLength(1);
  });

  it('does not hand a redriven event to a second consumer while it is in work', async () => {
    const channel = memoryChannel();
    await channel.publish(stream, [message('a')]);
    const subscription = channel.subscribe({ stream, group });
    const [delivery] = (await next(subscription)).deliveries as [Delivery];
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await subscription.settle([{ delivery, deadLetter }]);
    await channel.admin.reset(stream, group, 'beginning');
    await next(channel.subscribe({ stream, group }));
    expect(await channel.admin.deadLetters.redrive(stream, group, ['1'])).toBe(1);

    expect((await next(channel.subscribe({ stream, group }))).deliveries).toEqual([]);
  });

  it('is one of several on the same events, and closing it ends only what it opened', async () => {
    const channel = memoryChannel();
    const other = channel.open();
    await channel.publish(stream, [message('a')]);
    const waiting = channel.subscribe({ stream, group })[Symbol.asyncIterator]();
    await waiting.next();
    const end = waiting.next();
    await channel.close();

    expect(await end).toEqual({ done: true, value: undefined });
    expect((await next(other.subscribe({ stream, group }))).deliveries).toHaveLength(1);
    expect(await readAll(other)).toHaveLength(1);
  });

  it('refuses everything once it is closed', async () => {
    const channel = memoryChannel();
    await channel.close();
    await channel.close();

    const { admin } = channel;
    await expect(channel.publish(stream, [message('a')])).rejects.toMatchObject({ code: 'EB_CLOSED' });
    await expect(readAll(channel)).rejects.toMatchObject({ code: 'EB_CLOSED' });
    await expect(admin.groups(stream)).rejects.toMatchObject({ code: 'EB_CLOSED' });
    await expect(admin.deadLetters.list(stream, group)).rejects.toMatchObject({ code: 'EB_CLOSED' });
    expect(() => channel.subscribe({ stream, group })).toThrow('EB_CLOSED');
  });
});

function message(id: string): Message {
  const contentType = 'application/json';
  const metadata = { source: 'spec', type: 'packing.v1', time: 1, key: 'key', correlationId: id, contentType };
  return { id, ...metadata, headers: {}, fields: { field: '1' }, personal: [] };
}

async function next(subscription: Subscription): Promise<Batch> {
  return (await subscription[Symbol.asyncIterator]().next()).value as Batch;
}

async function readAll(channel: MemoryChannel, options: object = {}): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read({ stream, ...options })) events.push(...batch);
  return events;
}
