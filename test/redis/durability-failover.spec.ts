import { describe, expect, it, vi } from 'vitest';
import { replicated } from 'nest-event-backbone/redis';
import { Collector } from './collector.js';
import { FaultProxy } from './fault-proxy.js';
import { freshStream, openChannel, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startReplica } from './start-replica.js';
import { storedIds } from './stored-messages.js';

const durability = replicated({ min: 1, timeoutMs: 200 });

describe.skipIf(redisUrl === '')('appends when a replica that is behind takes over', () => {
  it('are there when they resolved as replicated; those that did not get there were unknown', async () => {
    const { primary, replica, isolate, failOver } = await startReplica();
    const channel = openChannel({ url: primary.url, durability, publishTimeoutMs: 1_500 });
    const stream = freshStream();
    const before = [sampleMessage(), largeMessage(), ...Array.from({ length: 300 }, () => sampleMessage())];
    await channel.publish(stream, before.slice(0, 1));
    await Promise.all(before.slice(1).map((message) => channel.publish(stream, [message])));
    isolate();
    const meanwhile = [sampleMessage(), largeMessage(), sampleMessage()];
    const outcomes = await Promise.allSettled(meanwhile.map((message) => channel.publish(stream, [message])));
    const unknown = { status: 'rejected', reason: { code: 'EB_OUTCOME_UNKNOWN' } };
    expect(outcomes).toMatchObject([unknown, unknown, unknown]);
    expect(String((outcomes[0] as PromiseRejectedResult).reason)).toContain('0 of 1 replicas confirmed in time');
    expect(await storedIds(stream, { url: primary.url })).toHaveLength(before.length + meanwhile.length);
    await failOver();
    expect(await storedIds(stream, { url: replica.url })).toEqual(before.map(({ id }) => id));
  });

  it('(without waiting for replicas) may have resolved and are gone', async () => {
    const { primary, replica, isolate, failOver, caughtUp } = await startReplica();
    const channel = openChannel({ url: primary.url });
    const stream = freshStream();
    const before = sampleMessage();
    await channel.publish(stream, [before]);
    await caughtUp();
    isolate();
    await expect(channel.publish(stream, [sampleMessage()])).resolves.toMatchObject([{ duplicate: false }]);
    await failOver();
    expect(await storedIds(stream, { url: replica.url })).toEqual([before.id]);
  });

  it('are still unknown when they are repeated on a new connection that finds them stored', async () => {
    const { primary, isolate } = await startReplica();
    const settings = { url: primary.url, durability, publishTimeoutMs: 600 };
    const stream = freshStream();
    await openChannel(settings).publish(stream, [sampleMessage()]);
    isolate();
    const message = sampleMessage();
    for (const channel of [openChannel(settings), openChannel(settings)]) {
      await expect(channel.publish(stream, [message])).rejects.toMatchObject({ code: 'EB_OUTCOME_UNKNOWN' });
    }
    await expect(openChannel({ url: primary.url }).publish(stream, [message])).resolves.toMatchObject([
      { duplicate: true },
    ]);
  });

  it('are unknown when their connection breaks while they wait, and are stored once when it is back', async () => {
    const { primary } = await startReplica();
    const line = await FaultProxy.before(primary.url);
    const channel = openChannel({ url: line.url, durability, commandTimeoutMs: 300 });
    const stream = freshStream();
    await channel.publish(stream, [sampleMessage()]);
    line.drop('replies');
    const messages = [sampleMessage(), sampleMessage()];
    const published = Promise.all(messages.map((message) => channel.publish(stream, [message])));
    await line.dropped();
    line.cut();
    line.pass();
    await published;
    expect((await storedIds(stream, { url: primary.url })).slice(1)).toEqual(messages.map(({ id }) => id));
  });
});

describe.skipIf(redisUrl === '')('settlements when a replica that is behind takes over', () => {
  it('may be lost: the events come again, and an effect that goes by the event id happens once', async () => {
    const { primary, replica, isolate, failOver, caughtUp } = await startReplica();
    const stream = freshStream();
    const effects = new Map<string, number>();
    const runs: string[] = [];
    const handle = (id: string) => {
      runs.push(id);
      if (!effects.has(id)) effects.set(id, effects.size + 1);
    };
    const channel = openChannel({ url: primary.url, durability });
    const messages = [sampleMessage(), sampleMessage(), largeMessage()];
    await channel.publish(stream, messages);
    const collector = new Collector(channel, stream, { holds: true });
    await collector.until(3);
    await caughtUp();
    isolate();
    for (const id of collector.ids) handle(id);
    await collector.settle(collector.deliveries);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
    await failOver();

    const after = new Collector(openChannel({ url: replica.url, leaseMs: 200 }), stream);
    await after.until(3);
    for (const id of after.ids) handle(id);
    const ids = messages.map(({ id }) => id);
    expect([...new Set(after.ids)].sort()).toEqual([...ids].sort());
    expect(runs.length).toBeGreaterThanOrEqual(6);
    expect([...effects.keys()].sort()).toEqual([...ids].sort());
    expect(Math.max(...effects.values())).toBe(3);
  });
});
