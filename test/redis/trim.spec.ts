import { describe, expect, it, vi } from 'vitest';
import type { DeadLetterReason, Published } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { storedIds } from './stored-messages.js';

const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 };
const personal = { fields: { name: '"Ada"', age: '36' }, personal: ['name'] };

describe.skipIf(redisUrl === '')('trimming a Redis stream', () => {
  it('removes the oldest events with all their fields, and says how many', async () => {
    const { channel, client, stream, messages } = await appended(5);
    const heard = new HeardDiagnostics(channel);
    expect(await channel.admin.trim(stream, { keep: 2 })).toBe(3);
    expect(await storedIds(stream)).toEqual(messages.slice(3).map(({ id }) => id));
    for (const { id } of messages.slice(0, 3)) {
      expect(await client.hkeys(keyOf(stream, `event:${id}`))).toEqual(['$position']);
      expect(await client.exists(keyOf(stream, `personal:${id}`))).toBe(0);
    }
    expect(heard.of('trimmed')).toMatchObject([{ stream, count: 3 }]);
    expect(await channel.admin.trim(stream, { keep: 2 })).toBe(0);
    expect(heard.of('trimmed')).toHaveLength(1);
  });

  it('goes up to a position, up to a time, and never past any of the limits', async () => {
    const { channel, stream, published, messages } = await appended(5);
    const until = published.slice(1, 2).map(({ position }) => position);
    expect(await channel.admin.trim(stream, { until, before: 1_000 })).toBe(0);
    expect(await channel.admin.trim(stream, { until, keep: 4 })).toBe(1);
    expect(await channel.admin.trim(stream, { until })).toBe(1);
    expect(await channel.admin.trim(stream, { until: [{ partition: 7, id: '5-0' }] })).toBe(0);
    expect(await storedIds(stream)).toEqual(messages.slice(2).map(({ id }) => id));
    expect(await channel.admin.trim(stream, { before: Date.now() + 60_000 })).toBe(3);
  });

  it('needs a limit that makes sense', async () => {
    const { channel, stream } = await appended(1);
    for (const limits of [{}, { force: true }, { keep: -1 }, { keep: 1.5 }, { before: NaN }]) {
      await expect(channel.admin.trim(stream, limits)).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    }
  });

  it('still knows for a day what was appended, and then nothing is left', async () => {
    const { channel, client, stream, messages, published } = await appended(2);
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(2);
    expect(await channel.publish(stream, messages)).toEqual(
      published.map(({ position }) => ({ position, duplicate: true })),
    );
    const ttl = await client.pttl(keyOf(stream, `event:${messages[0]?.id ?? ''}`));
    expect(ttl).toBeGreaterThan(23 * 60 * 60 * 1000);
    expect(ttl).toBeLessThanOrEqual(24 * 60 * 60 * 1000);
    const ids = messages.map(({ id }) => id);
    for await (const batch of channel.read({ stream, ids })) expect(batch).toEqual([]);
    // Erasing what is not there any more leaves nothing behind either.
    expect(await channel.admin.erase(stream, ids)).toBe(0);
    expect(await client.exists(keyOf(stream, `personal:${ids[0] ?? ''}`))).toBe(0);
  });

  it('of older events leaves nothing at all', async () => {
    const stream = freshStream();
    const client = openClient();
    const [id, at] = ['old-1', `${Date.now() - 25 * 60 * 60 * 1000}-0`];
    await client.hset(keyOf(stream, `event:${id}`), { $position: at, note: '1' });
    const entry = JSON.stringify({ id, type: 'noted.v1', time: new Date().toISOString(), fields: 1 });
    await client.xadd(keyOf(stream), at, 'eb1', entry);
    expect(await openChannel().admin.trim(stream, { keep: 0 })).toBe(1);
    expect(await client.keys(keyOf(stream, '*'))).toEqual([keyOf(stream)]);
  });

  it('goes no further than the slowest group has finished, unless it is forced to', async () => {
    const { channel, client, stream, published } = await appended(6);
    const hurried = openChannel({ url: redisUrl, leaseMs: 100 });
    const heard = new HeardDiagnostics(hurried);
    const fast = new Collector(channel, stream, { group: 'fast' });
    await client.xgroup('CREATE', keyOf(stream), 'group~0', '0');
    await client.xreadgroup('GROUP', 'group~0', 'slow', 'STREAMS', keyOf(stream), '>');
    const at = published.map(({ position }) => position.id);
    await client.xack(keyOf(stream), 'group~0', ...at.filter((_, i) => i !== 2));
    await client.hset(keyOf(stream, 'past:group'), at[2] ?? '', '1 0 0');
    await fast.until(6);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'fast')).toMatchObject({ pending: 0 }));
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(2);
    expect(await channel.admin.trim(stream, { keep: 0, force: true })).toBe(4);
    expect(await client.exists(keyOf(stream, 'past:group'))).toBe(0);
    new Collector(hurried, stream, { consumer: 'heir' });
    await vi.waitFor(() => expect(heard.of('lostToTrim')).toMatchObject([{ count: 1 }]), 5_000);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
  });

  it('stops where a group has not been yet', async () => {
    const { channel, client, stream } = await appended(3);
    await client.xgroup('CREATE', keyOf(stream), 'waiting~3', '0');
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(0);
    await client.xgroup('SETID', keyOf(stream), 'waiting~3', '$');
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(3);
  });

  it('leaves what dead letters refer to, in the midst of what goes', async () => {
    const { channel, stream, messages } = await withDeadLetter();
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(2);
    expect(await storedIds(stream)).toEqual([messages[1]?.id]);
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ lag: 0, pending: 0 });
    await channel.publish(stream, [sampleMessage()]);
    const { lag } = (await channel.admin.state(stream, 'group')) ?? {};
    expect([0, 1]).toContain(lag);
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    expect(await channel.admin.deadLetters.remove(stream, 'group', [letter?.id ?? ''])).toBe(1);
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(1);
  });

  it('would remove that, too, without what is written down about dead letters', async () => {
    const { channel, client, stream } = await withDeadLetter();
    await client.del(keyOf(stream, 'pins:group'));
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(3);
  });

  it('that is forced takes the events of dead letters, of which a trace stays', async () => {
    const { channel, stream } = await withDeadLetter();
    expect(await channel.admin.trim(stream, { keep: 0, force: true })).toBe(3);
    const [letter] = await channel.admin.deadLetters.list(stream, 'group');
    expect(await channel.admin.deadLetters.redrive(stream, 'group', [letter?.id ?? ''])).toBe(0);
    expect(await channel.admin.deadLetters.list(stream, 'group')).toHaveLength(1);
  });

  it('removes entries that nobody can read, and no hash of another event', async () => {
    const { channel, client, stream, messages } = await appended(1);
    const id = messages[0]?.id ?? '';
    const twin = JSON.stringify({ id, type: 'noted.v1', time: new Date().toISOString(), fields: 1 });
    await client.xadd(keyOf(stream), '1-0', 'eb1', twin).catch(() => undefined);
    await client.xadd(keyOf(stream), '*', 'eb1', twin);
    await client.xadd(keyOf(stream), '*', 'garbage', '');
    // The twin that claims to be the first event goes, the first event stays.
    const [kept] = await client.xrange(keyOf(stream), '-', '+');
    await client.xgroup('CREATE', keyOf(stream), 'group~0', '$');
    await client.hset(keyOf(stream, 'pins:group'), kept?.[0] ?? '', '1-1');
    expect(await channel.admin.trim(stream, { keep: 0 })).toBe(2);
    expect(await storedIds(stream)).toEqual([id]);
    expect(await client.hlen(keyOf(stream, `event:${id}`))).toBe(2);
  });

  it('leaves as many events in each partition as it is told, and what is not finished in any', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, partitions: 3 });
    const messages = Array.from({ length: 30 }, (_, i) => sampleMessage({ key: `key-${i}` }));
    const published = await channel.publish(stream, messages);
    const sizes = [0, 1, 2].map((one) => published.filter(({ position }) => position.partition === one).length);
    const until = published
      .map(({ position }) => position)
      .filter(({ partition }) => partition === 1)
      .slice(0, 2);
    expect(await channel.admin.trim(stream, { until: until.slice(1), keep: 1 })).toBe(Math.min(2, sizes[1] ?? 0));
    const holder = new Collector(channel, stream, { holds: true });
    await holder.until(28);
    expect(await channel.admin.trim(stream, { keep: 1 })).toBe(0);
    expect(await holder.settle(holder.deliveries.filter(({ position }) => position.partition !== 2))).toEqual([]);
    const left = [1, 1, sizes[2] ?? 0];
    expect(await channel.admin.trim(stream, { keep: 1 })).toBe(28 - left.reduce((sum, one) => sum + one, 0));
    expect(
      await Promise.all([0, 1, 2].map((one) => openClient().xlen(keyOf(stream).replace(':0}', `:${one}}`)))),
    ).toEqual(left);
  });

  it('goes through a long stream page by page', async () => {
    const { channel, client, stream } = await appended(650);
    expect(await channel.admin.trim(stream, { keep: 10 })).toBe(640);
    expect(await client.xlen(keyOf(stream))).toBe(10);
  });
});

async function appended(count: number) {
  const stream = freshStream();
  const channel = openChannel();
  const messages = Array.from({ length: count }, () => sampleMessage(personal));
  const published: Published[] = [];
  for (let i = 0; i < count; i += 100) published.push(...(await channel.publish(stream, messages.slice(i, i + 100))));
  return { stream, channel, client: openClient(), messages, published };
}

/** Three events that a group has finished, the second as a dead letter. */
async function withDeadLetter() {
  const made = await appended(3);
  const collector = new Collector(made.channel, made.stream, { holds: true });
  const deliveries = await collector.until(3);
  await collector.subscription.settle(
    deliveries.map((delivery, i) => (i === 1 ? { delivery, deadLetter: FAILED } : { delivery })),
  );
  return made;
}
