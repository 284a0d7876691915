import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel, DeadLetterReason, Delivery, Stream } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';

const UNKNOWN: DeadLetterReason = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'no one knows', attempts: 0 };
const [OLD, NEW] = ['old.v1', 'new.v1'];
const settings = { url: redisUrl, claimEveryMs: 100 };

describe.skipIf(redisUrl === '')('events that only some members of a group handle, on Redis,', () => {
  it('are skipped when no member does', async () => {
    const stream = freshStream();
    const channel = openChannel(settings);
    await channel.publish(stream, [sampleMessage({ type: NEW }), sampleMessage({ type: OLD })]);
    const member = new Member(channel, stream, [OLD], 'unhandled');
    await vi.waitFor(() => expect(member.handled).toHaveLength(1));
    await vi.waitFor(async () =>
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 }),
    );
    expect(await channel.admin.deadLetters.list(stream, 'group')).toEqual([]);
  });

  it('wait for one that was there not long ago, and come to it as soon as it is back', async () => {
    const stream = freshStream();
    const channel = openChannel(settings);
    const leaving = new Member(channel, stream, [NEW], 'unhandled');
    await vi.waitFor(async () => expect(await openClient().hkeys(keyOf(stream, 'types:group'))).toEqual([NEW]));
    await leaving.close();
    const messages = Array.from({ length: 5 }, () => sampleMessage({ type: NEW }));
    await channel.publish(stream, messages);
    const staying = new Member(channel, stream, [OLD], 'unhandled');
    await vi.waitFor(async () =>
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 5, pending: 0 }),
    );
    const returning = openChannel(settings);
    const heard = new HeardDiagnostics(returning);
    const member = new Member(returning, stream, [NEW], 'unhandled');
    await vi.waitFor(() => expect(member.handled).toHaveLength(5));
    expect(member.handled.map(({ message }) => message?.id)).toEqual(messages.map(({ id }) => id));
    expect(member.handled.every(({ past }) => past?.redriven === true)).toBe(true);
    expect(heard.of('redriven')).toMatchObject([{ count: 5 }]);
    expect(staying.handled).toEqual([]);
    await vi.waitFor(async () =>
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 0, pending: 0 }),
    );
    const state = await openClient().hkeys(keyOf(stream, 'group:group'));
    expect(state.filter((field) => field.startsWith('unknown:'))).toEqual([]);
  });

  it('come to a member that is there and has nothing to do, long before it looks for what others left behind', async () => {
    const stream = freshStream();
    const channel = openChannel({ url: redisUrl, leaseMs: 600_000, claimEveryMs: 600_000 });
    const message = sampleMessage({ type: NEW });
    await channel.publish(stream, [message]);
    const old = new Collector(channel, stream, { types: [OLD], holds: true });
    const [delivery] = await old.until(1);
    if (!delivery) throw new Error('nothing was delivered');
    const heard = new HeardDiagnostics(channel);
    const member = new Member(channel, stream, [NEW], 'unhandled');
    await vi.waitFor(async () => expect(await openClient().hkeys(keyOf(stream, 'types:group'))).toContain(NEW));
    const unhandled = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'no handler', attempts: 0 } as const;
    await old.subscription.settle([{ delivery, unhandled }]);
    await vi.waitFor(() => expect(member.handled.map(({ message: got }) => got?.id)).toEqual([message.id]), 20_000);
    expect(heard.of('redriven')).toMatchObject([{ count: 1 }]);
  }, 40_000);

  it('would be lost to it if the group did not remember who handles what', async () => {
    const stream = freshStream();
    const client = openClient();
    const channel = openChannel(settings);
    const leaving = new Member(channel, stream, [NEW], 'unhandled');
    await vi.waitFor(async () => expect(await client.exists(keyOf(stream, 'types:group'))).toBe(1));
    await leaving.close();
    await client.del(keyOf(stream, 'types:group'));
    await channel.publish(stream, [sampleMessage({ type: NEW })]);
    new Member(channel, stream, [OLD], 'unhandled');
    await vi.waitFor(async () =>
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0, lag: 0 }),
    );
    expect(await channel.admin.deadLetters.list(stream, 'group')).toEqual([]);
  });

  it.for(['deadLetter', 'unhandled'] as const)(
    'lose nothing in a rolling deploy that brings a type, and in one that takes it away again (%s)',
    async (how) => {
      const stream = freshStream();
      const messages = Array.from({ length: 40 }, (_, i) => sampleMessage({ type: i % 2 === 0 ? NEW : OLD }));
      const before = new Member(openChannel(settings), stream, [OLD], how);
      const after = new Member(openChannel(settings), stream, [OLD, NEW], how);
      await vi.waitFor(async () => expect(await openClient().hlen(keyOf(stream, 'types:group'))).toBe(2));
      const producer = openChannel();
      for (const message of messages.slice(0, 20)) await producer.publish(stream, [message]);
      await before.close();
      const rolledBack = new Member(openChannel(settings), stream, [OLD], how);
      for (const message of messages.slice(20)) await producer.publish(stream, [message]);
      const handled = () =>
        [before, after, rolledBack].flatMap((member) => member.handled.map(({ message }) => message?.id));
      await vi.waitFor(() => expect(handled()).toHaveLength(40), 10_000);
      expect(handled().sort()).toEqual(messages.map(({ id }) => id).sort());
      expect(await producer.admin.deadLetters.list(stream, 'group')).toEqual([]);
    },
  );

  it('are found among more dead letters than one look goes through', async () => {
    const stream = freshStream();
    const channel = openChannel(settings);
    const messages = Array.from({ length: 250 }, (_, i) => sampleMessage({ type: i < 230 ? 'other.v1' : NEW }));
    await channel.publish(stream, messages);
    const old = new Member(channel, stream, [OLD], 'deadLetter');
    await vi.waitFor(async () =>
      expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 250 }),
    );
    await old.close();
    const member = new Member(channel, stream, [NEW], 'deadLetter');
    await vi.waitFor(() => expect(member.handled).toHaveLength(20));
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ deadLetters: 230 });
  });

  it('are forgotten by the group once nobody has handled them for a day', async () => {
    const stream = freshStream();
    const client = openClient();
    const types = keyOf(stream, 'types:group');
    const day = 24 * 60 * 60 * 1000;
    await client.hset(types, { 'gone.v1': Date.now() - 1.1 * day, 'away.v1': Date.now() - day });
    new Member(openChannel(settings), stream, [OLD], 'unhandled');
    await vi.waitFor(async () => expect((await client.hkeys(types)).sort()).toEqual(['away.v1', OLD]));
  });
});

/** A member of a group that handles some types; of the others it does what a build does that knows them, or does not. */
class Member {
  readonly handled: Delivery[] = [];
  readonly close: () => Promise<void>;

  constructor(channel: Channel, stream: Stream, types: readonly string[], otherwise: 'unhandled' | 'deadLetter') {
    const subscription = channel.subscribe({ stream, group: 'group', types });
    this.close = () => subscription.close();
    onTestFinished(this.close);
    const read = async () => {
      for await (const { deliveries } of subscription) {
        const mine = deliveries.filter(({ message }) => types.includes(message?.type ?? ''));
        this.handled.push(...mine);
        await subscription.settle(
          deliveries.map((delivery) => (mine.includes(delivery) ? { delivery } : { delivery, [otherwise]: UNKNOWN })),
        );
      }
    };
    void read().catch(() => undefined);
  }
}
