import { describe, expect, it, vi } from 'vitest';
import type { DeadLetterReason, Delivery, Message, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';

const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 5 };
const KEY = 'customer-7';
const parkKeys = { holds: true, parkKeys: true, consumer: 'reader' } as const;

describe.skipIf(redisUrl === '')('a parked key on Redis', () => {
  it('has its later events set aside in order, and no others', async () => {
    const { channel, stream, first } = await parked();
    const heard = new HeardDiagnostics(channel);
    const [second, third] = [ofKey(), ofKey()];
    const other = sampleMessage();
    await channel.publish(stream, [second, third, other]);
    const reader = new Collector(channel, stream, parkKeys);
    await reader.until(1);
    expect(reader.ids).toEqual([other.id]);
    const letters = await channel.admin.deadLetters.list(stream, 'group');
    expect(letters.map(({ kind, code, eventId }) => [kind, code, eventId])).toEqual([
      ['failed', 'Error', first.id],
      ['parked', 'EB_PARKED', second.id],
      ['parked', 'EB_PARKED', third.id],
    ]);
    expect(heard.of('parked')).toMatchObject([{ count: 2 }]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 3, parkedKeys: 1, pending: 1 });
    expect(await channel.admin.deadLetters.show(stream, 'group', letters[1]?.id ?? '')).toMatchObject({
      event: { message: { id: second.id } },
    });
  });

  it('hands out all that was set aside, in order and before what is newer, when one of it is redriven', async () => {
    const { channel, stream, first, reader } = await parkedWithReader();
    const [second, third] = [ofKey(), ofKey()];
    await channel.publish(stream, [second, third]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 3 }));
    await inStep(channel, stream, reader);
    const [, one] = await channel.admin.deadLetters.list(stream, 'group');
    expect(await channel.admin.deadLetters.redrive(stream, 'group', [one?.id ?? ''])).toBe(1);
    const [fourth, other] = [ofKey(), sampleMessage()];
    await channel.publish(stream, [fourth, other]);
    await reader.until(6);
    const ofThisKey = reader.deliveries.filter(({ message }) => message?.key === KEY);
    expect(ofThisKey.map(({ message }) => message?.id)).toEqual([first.id, second.id, third.id, fourth.id]);
    expect(ofThisKey.map(({ past }) => past?.redriven ?? false)).toEqual([true, true, true, false]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0, parkedKeys: 0 });
    expect(await reader.settle(reader.deliveries.slice(1))).toEqual([]);
    await vi.waitFor(async () => {
      const fields = await openClient().hkeys(keyOf(stream, 'group:group'));
      expect(fields.filter((field) => field.startsWith('resuming:'))).toEqual([]);
    });
  });

  it('would be overtaken by what is newer if it were not marked as resuming', async () => {
    const { channel, stream, first, reader } = await parkedWithReader();
    await inStep(channel, stream, reader);
    const [one] = await channel.admin.deadLetters.list(stream, 'group');
    await channel.admin.deadLetters.redrive(stream, 'group', [one?.id ?? '']);
    await openClient().hdel(keyOf(stream, 'group:group'), `resuming:${KEY}`);
    const second = ofKey();
    await channel.publish(stream, [second]);
    await reader.until(3);
    expect(reader.ids.slice(1)).toEqual([second.id, first.id]);
  });

  it('is parked again, with all that was redriven, when its first event fails again', async () => {
    const { channel, stream, first } = await parked();
    const second = ofKey();
    await channel.publish(stream, [second]);
    const reader = new Collector(channel, stream, { ...parkKeys, batchSize: 1 });
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    await reader.subscription.close();
    const [one] = await channel.admin.deadLetters.list(stream, 'group');
    await channel.admin.deadLetters.redrive(stream, 'group', [one?.id ?? '']);
    const subscription = channel.subscribe({ stream, group: 'group', parkKeys: true, batchSize: 1 });
    for await (const { deliveries, caughtUp } of subscription) {
      for (const delivery of deliveries) await subscription.settle([{ delivery, deadLetter: FAILED, park: true }]);
      if (caughtUp) break;
    }
    await subscription.close();
    const letters = await channel.admin.deadLetters.list(stream, 'group');
    expect(letters.map(({ kind, eventId }) => [kind, eventId])).toEqual([
      ['failed', first.id],
      ['parked', second.id],
    ]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ parkedKeys: 1, pending: 0 });
  });

  it('goes on when the last of its dead letters is removed, and not before', async () => {
    const { channel, stream, reader } = await parkedWithReader();
    await channel.publish(stream, [ofKey()]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    const [one, two] = await channel.admin.deadLetters.list(stream, 'group');
    expect(await channel.admin.deadLetters.remove(stream, 'group', [one?.id ?? '', 'none'])).toBe(1);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 1, parkedKeys: 1 });
    expect(await channel.admin.deadLetters.remove(stream, 'group', [two?.id ?? ''])).toBe(1);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0, parkedKeys: 0 });
    const next = ofKey();
    await channel.publish(stream, [next]);
    await reader.until(1);
    expect(reader.ids).toEqual([next.id]);
  });

  it('comes as a whole to a consumer that knows the type for which it was parked', async () => {
    const { channel, stream, first } = await parked({
      kind: 'unknown',
      code: 'EB_UNKNOWN_TYPE',
      error: '?',
      attempts: 0,
    });
    const second = ofKey();
    await channel.publish(stream, [second]);
    const reader = new Collector(channel, stream, { ...parkKeys, types: ['other.v1'] });
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    await reader.subscription.close();
    const knowing = new Collector(channel, stream, { ...parkKeys, types: [first.type], consumer: 'knowing' });
    await knowing.until(2);
    expect(knowing.ids).toEqual([first.id, second.id]);
  });

  it('lets go on what is left when an event of it is gone from the stream', async () => {
    const { channel, stream, first, reader } = await parkedWithReader();
    const second = ofKey();
    await channel.publish(stream, [second]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    const [one, two] = await channel.admin.deadLetters.list(stream, 'group');
    await openClient().xdel(keyOf(stream), one?.position.id ?? '');
    expect(await channel.admin.deadLetters.redrive(stream, 'group', [two?.id ?? ''])).toBe(1);
    await reader.until(1);
    expect(reader.ids).toEqual([second.id]);
    expect(await channel.admin.deadLetters.list(stream, 'group')).toMatchObject([{ eventId: first.id }]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ parkedKeys: 0 });
  });

  it('is parked no more after a reset, and counted anew when it fails again', async () => {
    const { channel, stream, first, reader } = await parkedWithReader();
    const second = ofKey();
    await channel.publish(stream, [second]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    await channel.admin.reset(stream, 'group', 'beginning');
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2, parkedKeys: 0 });
    await reader.until(2);
    expect(reader.ids).toEqual([first.id, second.id]);
    for (const delivery of reader.deliveries) {
      await reader.subscription.settle([{ delivery, deadLetter: FAILED, park: true }]);
    }
    const [one, two, ...more] = await channel.admin.deadLetters.list(stream, 'group');
    expect(more).toEqual([]);
    await channel.admin.deadLetters.remove(stream, 'group', [one?.id ?? '']);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ parkedKeys: 1 });
    await channel.admin.deadLetters.remove(stream, 'group', [two?.id ?? '']);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ parkedKeys: 0 });
  });

  it('keeps its order when its partition goes to another consumer while it resumes', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, partitions: 3 });
    const [first, second, third] = [ofKey(), ofKey(), ofKey()];
    await channel.publish(stream, [first]);
    const failing = new Collector(channel, stream, { ...parkKeys, consumer: 'failing' });
    const [delivery] = await failing.until(1);
    await failing.subscription.settle(delivery ? [{ delivery, deadLetter: FAILED, park: true }] : []);
    await channel.publish(stream, [second]);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 2 }));
    await failing.subscription.close();
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    expect(await channel.admin.deadLetters.redrive(stream, 'group', [letter?.id ?? ''])).toBe(1);
    await channel.publish(stream, [third]);
    const heir = new Collector(channel, stream, { ...parkKeys, consumer: 'heir' });
    await heir.until(3);
    expect(heir.ids).toEqual([first.id, second.id, third.id]);
    expect(await heir.settle(heir.deliveries)).toEqual([]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0, parkedKeys: 0, pending: 0 });
  });

  it('of many events comes back whole', async () => {
    const { channel, stream, first, reader } = await parkedWithReader();
    const later = Array.from({ length: 1_200 }, () => ofKey());
    await channel.publish(stream, later);
    await vi.waitFor(
      async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 1_201 }),
      10_000,
    );
    const [one] = await channel.admin.deadLetters.list(stream, 'group');
    await channel.admin.deadLetters.redrive(stream, 'group', [one?.id ?? '']);
    await reader.until(1_201);
    expect(reader.ids).toEqual([first.id, ...later.map(({ id }) => id)]);
  });
});

function ofKey(): Message {
  return sampleMessage({ key: KEY });
}

/** A group in which the first event of a key has failed and parked it. */
async function parked(deadLetter = FAILED) {
  const stream = freshStream();
  const channel = openChannel();
  const first = ofKey();
  await channel.publish(stream, [first]);
  const failing = new Collector(channel, stream, { ...parkKeys, consumer: 'failing' });
  const [delivery] = await failing.until(1);
  expect(await failing.subscription.settle([{ delivery: delivery as Delivery, deadLetter, park: true }])).toEqual([]);
  await failing.subscription.close();
  return { channel, stream, first };
}

async function parkedWithReader() {
  const made = await parked();
  return { ...made, reader: new Collector(made.channel, made.stream, parkKeys) };
}

/** The reader has just begun to wait for what is new: for a second it looks at nothing else. */
async function inStep(channel: ReturnType<typeof openChannel>, stream: Stream, reader: Collector): Promise<void> {
  const before = reader.deliveries.length;
  await channel.publish(stream, [sampleMessage()]);
  await reader.until(before + 1);
}
