import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel, Message } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { FaultProxy } from './fault-proxy.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, openChannel, openClient, redisUrl } from './open-channel.js';
import { ownersOf, partitionKey, untilHeld } from './partition-owners.js';
import { sampleMessage } from './sample-message.js';

const DEAD_LETTER = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'no handler', attempts: 0 } as const;

describe.skipIf(redisUrl === '')('partitions on Redis', () => {
  it('are spread evenly over the consumers of a group, and move no more than they must', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel({ url: redisUrl, partitions: 16, leaseMs: 600 });
    const heard = new HeardDiagnostics(channel);
    const names = ['a', 'b', 'c', 'd'];
    const [first, ...others] = names.map((consumer) => new Collector(channel, stream, { consumer }));
    const before = await untilHeld(client, stream, 16, { a: 4, b: 4, c: 4, d: 4 });
    await first?.subscription.close();
    const after = await untilHeld(client, stream, 16, { b: 6, c: 5, d: 5 });
    const stayed = before.flatMap((owner, partition) => (owner === 'a' ? [] : [partition]));
    expect(stayed.map((partition) => after[partition])).toEqual(stayed.map((partition) => before[partition]));
    expect(heard.of('partitions').map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^holds (\d+,){3}\d+ of 16$/),
    );
    expect(others.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  it('bring every event of a key in order, whoever comes, goes or is cut off', { timeout: 60_000 }, async () => {
    const stream = freshStream();
    const settings = { partitions: 6, leaseMs: 600, commandTimeoutMs: 500 };
    const producer = openChannel({ url: redisUrl, ...settings });
    const keys = Array.from({ length: 24 }, (_, i) => `key-${i}`);
    const rounds = 100;
    const proxies: FaultProxy[] = [];
    const history = new Map<string, string[]>(keys.map((key) => [key, []]));
    const settled = new Set<string>();
    const done = () => settled.size >= keys.length * rounds;
    const handle = ({ id, key }: Message) => {
      expect(settled.has(id)).toBe(false);
      history.get(key)?.push(id);
    };
    const live = async (channel: Channel, batches: number, end: 'close' | 'cut', cut: () => void) => {
      const subscription = channel.subscribe({ stream, group: 'group', batchSize: 10 });
      onTestFinished(() => subscription.close());
      let count = 0;
      for await (const { deliveries } of subscription) {
        if (done()) break;
        for (const { message } of deliveries) if (message) handle(message);
        if (deliveries.length > 0 && (count += 1) >= batches && end === 'cut') {
          cut();
          return;
        }
        const lost = new Set(await subscription.settle(deliveries.map((delivery) => ({ delivery }))));
        for (const one of deliveries) if (!lost.has(one)) settled.add(one.message?.id ?? '');
        if (count >= batches) break;
      }
      await subscription.close();
    };
    const slot = async (end: 'close' | 'cut') => {
      for (let life = 0; !done(); life += 1) {
        const proxy = await FaultProxy.before(redisUrl);
        proxies.push(proxy);
        const channel = redisChannel({ url: proxy.url, ...settings });
        onTestFinished(() => channel.close());
        await live(channel, life < 5 ? 5 : Infinity, life < 5 ? end : 'close', () => proxy.freeze());
      }
    };
    const produce = async () => {
      for (let round = 0; round < rounds; round += 1) {
        // Never far ahead, so that consumers come and go while it appends.
        const enough = () => settled.size >= (round - 10) * keys.length;
        await vi.waitUntil(enough, { timeout: 30_000, interval: 5 });
        await producer.publish(
          stream,
          keys.map((key) => sampleMessage({ id: `${key}-${round}`, key })),
        );
      }
    };
    const working = Promise.all([slot('close'), slot('close'), slot('cut')]);
    await produce();
    // Idle consumers see that it is done at their next empty batch.
    await working;
    for (const proxy of proxies) proxy.pass();
    for (const [key, ids] of history) {
      const firsts = [...new Set(ids)];
      expect(firsts).toEqual(Array.from({ length: rounds }, (_, round) => `${key}-${round}`));
    }
  });

  it('are what keeps the order: a consumer that competes gets a later event while the earlier one is open', async () => {
    const stream = freshStream();
    const channel = openChannel();
    await channel.publish(stream, [sampleMessage({ key: 'one' })]);
    const first = channel.subscribe({ stream, group: 'group' });
    onTestFinished(() => first.close());
    const held = await first[Symbol.asyncIterator]().next();
    expect(held.done).toBe(false);
    const second = new Collector(channel, stream, { holds: true });
    const later = sampleMessage({ key: 'one' });
    await channel.publish(stream, [later]);
    await second.until(1);
    expect(second.ids).toEqual([later.id]);
  });

  it('of a consumer that is cut off go to others in time, and it can settle nothing any more', async () => {
    const [stream, proxy] = [freshStream(), await FaultProxy.before(redisUrl)];
    const settings = { partitions: 4, leaseMs: 600, claimEveryMs: 300, commandTimeoutMs: 300 };
    const producer = openChannel({ url: redisUrl, ...settings });
    await producer.publish(stream, keyed(20));
    const old = new Collector(openChannel({ url: proxy.url, ...settings }), stream, { holds: true, consumer: 'old' });
    await old.until(20);
    proxy.refuse();
    const began = performance.now();
    const heir = new Collector(openChannel({ url: redisUrl, ...settings }), stream, { consumer: 'heir' });
    await heir.until(20);
    expect(performance.now() - began).toBeLessThan(600 + 300 + 1_000 + 1_000);
    proxy.pass();
    await vi.waitUntil(() => old.lost.length === 20, { timeout: 10_000 });
    expect(new Set(await old.settle(old.deliveries))).toEqual(new Set(old.deliveries));
    await untilHeld(openClient(), stream, 4, { old: 2, heir: 2 });
    expect(heir.ids).toHaveLength(20);
  });

  it('of a consumer that closes go to others at once, with what it had in hand', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, partitions: 4 });
    const messages = keyed(20);
    await channel.publish(stream, messages);
    const leaving = new Collector(channel, stream, { holds: true });
    await leaving.until(20);
    await leaving.settle(leaving.deliveries.slice(0, 5));
    const left = leaving.ids.slice(5);
    await leaving.subscription.close();
    const began = performance.now();
    const heir = new Collector(channel, stream);
    await heir.until(15);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect([...heir.ids].sort()).toEqual([...left].sort());
  });

  it('are given up for a newcomer only when nothing of them is in hand', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel({ url: redisUrl, partitions: 2 });
    await channel.publish(stream, keyed(20));
    const holder = new Collector(channel, stream, { holds: true, consumer: 'a' });
    await holder.until(20);
    const newcomer = new Collector(channel, stream, { holds: true, consumer: 'b' });
    const members = partitionKey(stream, 0, 'members:group');
    await vi.waitFor(async () => expect(await client.zcard(members)).toBe(2), 5_000);
    // The holder has looked at its share again, and knows.
    for (let looks = 0, last = ''; looks < 3;) {
      const heard = (await client.zscore(members, 'a')) ?? '';
      if (heard !== last) looks += 1;
      last = heard;
    }
    expect(await ownersOf(client, stream, 2)).toEqual(['a', 'a']);
    expect(await holder.settle(holder.deliveries)).toEqual([]);
    await untilHeld(client, stream, 2, { a: 1, b: 1 });
    const later = keyed(20);
    await channel.publish(stream, later);
    await vi.waitUntil(() => holder.deliveries.length + newcomer.deliveries.length === 40, { timeout: 5_000 });
    expect(newcomer.deliveries.length).toBeGreaterThan(0);
    expect(holder.lost).toHaveLength(0);
  });

  it('are not read any more by whoever has lost the lease', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel({ url: redisUrl, partitions: 1 });
    const zombie = new Collector(channel, stream, { consumer: 'zombie' });
    await untilHeld(client, stream, 1, { zombie: 1 });
    const state = partitionKey(stream, 0, 'group:group');
    const old = (await client.hget(state, 'owner')) ?? '';
    await client.hset(state, 'owner', 'heir~9', 'until', Date.now() + 60_000);
    await channel.publish(stream, keyed(3));
    // It looks again about every second, and finds the partition held.
    const heard = new HeardDiagnostics(channel);
    await vi.waitFor(() => expect(heard.of('partitions')).toMatchObject([{ reason: 'holds none of 1' }]), 5_000);
    expect(zombie.deliveries).toHaveLength(0);
    expect(zombie.error).toBeUndefined();
    // A plain read of the group would have taken the events away from the new holder.
    const [[, taken] = ['', []]] = (await client.xreadgroup(
      ...(['GROUP', 'group~0', old, 'STREAMS', partitionKey(stream, 0), '>'] as const),
    )) as [string, unknown[]][];
    expect(taken).toHaveLength(3);
  });

  it('of any consumer know what all members handle, so that a rolling deployment loses nothing', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel({ url: redisUrl, partitions: 1 });
    const old = new Collector(channel, stream, { holds: true, consumer: 'a', types: ['old.v1'] });
    await channel.publish(stream, [sampleMessage({ type: 'new.v1' })]);
    const [unhandled] = await old.until(1);
    new Collector(channel, stream, { consumer: 'b', types: ['new.v1'] });
    const types = partitionKey(stream, 0, 'types:group');
    await vi.waitFor(async () => expect(await client.hkeys(types)).toContain('new.v1'), 5_000);
    await old.subscription.settle(unhandled ? [{ delivery: unhandled, unhandled: DEAD_LETTER }] : []);
    expect(await channel.admin.deadLetters.list(stream, 'group')).toMatchObject([{ kind: 'unknown', type: 'new.v1' }]);
  });

  it('go on being read while others that belong to the same share cannot be had', async () => {
    const [stream, client] = [freshStream(), openClient()];
    const channel = openChannel({ url: redisUrl, partitions: 2 });
    const messages = keyed(40);
    const published = await channel.publish(stream, messages);
    const first = messages.find((_, i) => published[i]?.position.partition === 0);
    if (!first) throw new Error('no key is of partition 0');
    const held = { owner: 'somebody~1', until: Date.now() + 600_000 };
    await client.hset(partitionKey(stream, 1, 'group:group'), held);
    const collector = new Collector(channel, stream);
    await collector.until(published.filter(({ position }) => position.partition === 0).length);
    // Two reads that found nothing: the next event must be found all the same.
    const reads = async () => Number(/cmdstat_xread:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
    const before = await reads();
    await vi.waitFor(async () => expect(await reads()).toBeGreaterThan(before + 2), 15_000);
    const late = sampleMessage({ key: first.key });
    await channel.publish(stream, [late]);
    await vi.waitFor(() => expect(collector.ids).toContain(late.id), 15_000);
  });

  it('wait for consumers that compete, and let no consumer compete while they are held', async () => {
    const stream = freshStream();
    const plain = openChannel();
    const ordered = openChannel({ url: redisUrl, partitions: 1 });
    const heard = new HeardDiagnostics(ordered);
    await plain.publish(stream, [sampleMessage()]);
    const competing = new Collector(plain, stream);
    await competing.until(1);
    const reader = new Collector(ordered, stream);
    await vi.waitFor(() => expect(heard.text).toContain('consumers that compete'), 5_000);
    await competing.subscription.close();
    await untilHeld(openClient(), stream, 1, { '': 0 });
    const late = openChannel();
    const heardLate = new HeardDiagnostics(late);
    const waiting = new Collector(late, stream);
    await vi.waitFor(() => expect(heardLate.text).toContain('reads this group in order'), 5_000);
    await plain.publish(stream, [sampleMessage()]);
    await reader.until(1);
    expect(waiting.deliveries).toHaveLength(0);
    await reader.subscription.close();
    await plain.publish(stream, [sampleMessage()]);
    await waiting.until(1);
  });
});

function keyed(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, i) => sampleMessage({ key: `key-${i}` }));
}
