import { describe, expect, it, vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Delivery, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';

const GROUP = 'group~0';

describe.skipIf(redisUrl === '')('what became of an event before, on Redis,', () => {
  it('is remembered across consumers: failures, and starts whose consumer was lost without a word', async () => {
    const { channel, client, stream, holder, delivery } = await oneHeld();
    expect(delivery.past).toBeUndefined();
    await holder.subscription.record([delivery], 'failure');
    await holder.subscription.record([delivery], 'failure');
    await holder.subscription.record([delivery], 'start');
    await loseOwner(client, stream, delivery);
    const heir = new Collector(channel, stream, { holds: true, consumer: 'heir' });
    const [again] = await heir.until(1);
    expect(again?.past).toEqual({ failures: 2, crashes: 1, redriven: false });
  });

  it('is forgotten when the event is settled', async () => {
    const { client, stream, holder, delivery } = await oneHeld();
    await holder.subscription.record([delivery], 'failure');
    expect(await client.hgetall(keyOf(stream, 'past:group'))).toEqual({ [delivery.position.id]: '1 0 0' });
    expect(await holder.settle([delivery])).toEqual([]);
    expect(await client.exists(keyOf(stream, 'past:group'))).toBe(0);
  });

  it('holds no start of what was given back, but those of before', async () => {
    const { channel, client, stream, holder, delivery } = await oneHeld();
    await holder.subscription.record([delivery], 'start');
    await holder.subscription.close();
    const second = new Collector(channel, stream, { holds: true, consumer: 'second' });
    const [givenBack] = await second.until(1);
    expect(givenBack?.past).toBeUndefined();
    await second.subscription.record(givenBack ? [givenBack] : [], 'start');
    await loseOwner(client, stream, delivery);
    const third = new Collector(channel, stream, { holds: true, consumer: 'third' });
    const [crashed] = await third.until(1);
    expect(crashed?.past).toMatchObject({ crashes: 1 });
    // It has not begun with it: there is nothing to take back.
    await third.subscription.close();
    const fourth = new Collector(channel, stream, { holds: true, consumer: 'fourth' });
    const [again] = await fourth.until(1);
    expect(again?.past).toMatchObject({ crashes: 1 });
  });

  it('does not count a delivery whose reply was lost on the way', async () => {
    const stream = freshStream();
    const client = openClient();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage()]);
    await client.xgroup('CREATE', keyOf(stream), GROUP, '0');
    await client.xreadgroup('GROUP', GROUP, 'holder', 'STREAMS', keyOf(stream), '>');
    const [delivery] = await new Collector(channel, stream, { holds: true, consumer: 'holder' }).until(1);
    expect(delivery).toMatchObject({ deliveries: 2, past: undefined });
  });

  it('is written down by the owner only: another one is told that it has lost the event', async () => {
    const { client, stream, holder, delivery } = await oneHeld();
    await client.xclaim(keyOf(stream), GROUP, 'heir', 0, delivery.position.id);
    await holder.subscription.record([delivery], 'failure');
    expect(holder.lost).toEqual([delivery]);
    expect(await client.exists(keyOf(stream, 'past:group'))).toBe(0);
  });

  it('is not written down without the server, and says so', async () => {
    const { holder, delivery, channel } = await oneHeld();
    await channel.close();
    await expect(holder.subscription.record([delivery], 'failure')).rejects.toMatchObject({ code: 'EB_CLOSED' });
  });

  it('is forgotten when the group is reset', async () => {
    const { channel, client, stream, holder, delivery } = await oneHeld();
    await holder.subscription.record([delivery], 'failure');
    await channel.admin.reset(stream, 'group', 'beginning');
    expect(await client.exists(keyOf(stream, 'past:group'))).toBe(0);
    await holder.until(2);
    expect(holder.deliveries[1]?.past).toBeUndefined();
  });

  it('is that it was redriven, and nothing else, once a dead letter is handed out again', async () => {
    const { channel, stream, holder, delivery } = await oneHeld();
    await holder.subscription.record([delivery], 'failure');
    const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;
    await holder.subscription.settle([{ delivery, deadLetter }]);
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    const ids = [letter?.id ?? '', letter?.id ?? ''];
    expect(await channel.admin.deadLetters.redrive(stream, 'group', ids)).toBe(1);
    expect(await channel.admin.deadLetters.redrive(stream, 'group', ids)).toBe(0);
    await holder.until(2);
    expect(holder.deliveries[1]?.past).toEqual({ failures: 0, crashes: 0, redriven: true });
    expect(await holder.settle(holder.deliveries.slice(1))).toEqual([]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
  });

  it('leaves one dead letter for an event, however often it dies', async () => {
    const { channel, client, stream, holder, delivery } = await oneHeld();
    const reason = { kind: 'failed', code: 'Error', error: 'Error: first', attempts: 1 } as const;
    await holder.subscription.settle([{ delivery, deadLetter: reason }]);
    await channel.admin.reset(stream, 'group', 'beginning');
    await holder.until(2);
    const again = holder.deliveries
      .slice(1)
      .map((each) => ({ delivery: each, deadLetter: { ...reason, error: 'Error: second' } }));
    expect(await holder.subscription.settle(again)).toEqual([]);
    const letters = await channel.admin.deadLetters.list(stream, 'group');
    expect(letters).toMatchObject([{ error: 'Error: second', position: delivery.position }]);
    expect(Object.keys(await client.hgetall(keyOf(stream, 'pins:group')))).toEqual([delivery.position.id]);
  });
});

/** A consumer that holds an event. */
async function oneHeld() {
  const stream = freshStream();
  const client = openClient();
  const channel = openChannel();
  await channel.publish(stream, [sampleMessage()]);
  const holder = new Collector(channel, stream, { holds: true, consumer: 'holder' });
  const [delivery] = await holder.until(1);
  if (!delivery) throw new Error('nothing was delivered');
  return { stream, client, channel, holder, delivery };
}

/** Makes an event look like that of a consumer which has not been heard of for long. */
async function loseOwner(client: Redis, stream: Stream, { position }: Delivery): Promise<void> {
  await client.xclaim(keyOf(stream), GROUP, 'gone', 0, position.id, 'IDLE', 10_000_000, 'JUSTID');
}
