import { describe, expect, it, vi } from 'vitest';
import { Collector } from './collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';

const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;

describe.skipIf(redisUrl === '')('the state of a group on Redis', () => {
  it('says since when events wait, and since when they are in work', async () => {
    const stream = freshStream();
    const [client, channel] = [openClient(), openChannel()];
    for (const ms of [1_000, 2_000, 3_000]) {
      await client.xadd(
        keyOf(stream),
        `${ms}-0`,
        'eb1',
        JSON.stringify({ id: `e${ms}`, type: 'a.v1', time: new Date(0) }),
      );
    }
    await client.xgroup('CREATE', keyOf(stream), 'group~0', '0');
    expect(await channel.admin.state(stream, 'group')).toMatchObject({
      ...{ pending: 0, lag: 3, oldestWaitingAt: 1_000, oldestPendingAt: undefined, retrying: 0, consumers: 0 },
    });
    await client.xreadgroup('GROUP', 'group~0', 'me', 'COUNT', 2, 'STREAMS', keyOf(stream), '>');
    expect(await channel.admin.state(stream, 'group')).toMatchObject({
      ...{ pending: 2, lag: 1, oldestWaitingAt: 3_000, oldestPendingAt: 1_000, consumers: 1 },
      delivered: [{ partition: 0, id: '2000-0' }],
    });
    await client.xack(keyOf(stream), 'group~0', '1000-0', '2000-0');
    await client.xgroup('SETID', keyOf(stream), 'group~0', '$');
    expect(await channel.admin.state(stream, 'group')).toMatchObject({
      ...{ pending: 0, oldestWaitingAt: undefined, oldestPendingAt: undefined },
    });
  });

  it('counts what has failed and is tried again, and the keys that are parked', async () => {
    const stream = freshStream();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage(), sampleMessage(), sampleMessage(), sampleMessage()]);
    const collector = new Collector(channel, stream, { holds: true });
    const [first, second, third] = await collector.until(4);
    if (!first || !second || !third) throw new Error('nothing was delivered');
    await collector.subscription.record([first, second], 'failure');
    await collector.subscription.record([third], 'start');
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 4, retrying: 2, parkedKeys: 0 });
    await collector.subscription.settle([{ delivery: first, deadLetter, park: true }, { delivery: second }]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 2, retrying: 0, parkedKeys: 1 });
  });

  it('does not count as a consumer who only hands out again', async () => {
    const stream = freshStream();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage()]);
    const collector = new Collector(channel, stream, { holds: true, consumer: 'me' });
    const [delivery] = await collector.until(1);
    await collector.subscription.settle(delivery ? [{ delivery, deadLetter }] : []);
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    expect(letter?.id).toMatch(/^0:\d+-\d+$/);
    await channel.admin.deadLetters.redrive(stream, 'group', [letter?.id ?? '']);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ consumers: 1, deadLetters: 0 });
    await vi.waitFor(() => expect(collector.deliveries).toHaveLength(2), 5_000);
  });

  it('lists dead letters behind one, and refuses what is none', async () => {
    const stream = freshStream();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage(), sampleMessage(), sampleMessage()]);
    const collector = new Collector(channel, stream, { holds: true });
    const deliveries = await collector.until(3);
    await collector.subscription.settle(deliveries.map((delivery) => ({ delivery, deadLetter })));
    const letters = channel.admin.deadLetters;
    const all = await letters.list(stream, 'group');
    const behind = { after: all[0]?.id ?? '', limit: 1 };
    expect(await letters.list(stream, 'group', behind)).toEqual(all.slice(1, 2));
    await expect(letters.list(stream, 'group', { after: 'x' })).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
    });
    expect(await letters.show(stream, 'group', '0:1')).toBeUndefined();
    expect(await letters.show(stream, 'group', '9:1-1')).toBeUndefined();
  });
});
