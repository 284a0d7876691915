import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Relay } from 'nest-event-backbone';
import type { Channel, Message, Stream } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { FaultProxy } from '../redis/fault-proxy.js';
import { sampleMessage } from '../redis/sample-message.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const [url, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];
const KEYS = ['a', 'b', 'c', 'd', 'e'];

function openTarget(at = redisUrl): Channel {
  const channel = redisChannel({ url: at, publishTimeoutMs: 500 });
  onTestFinished(() => channel.close());
  return channel;
}

function startRelay(from: Channel, to: Channel, stream: Stream, target: Stream): Relay {
  const relay = new Relay({ from, to, stream, target, batchSize: 20 });
  onTestFinished(() => relay.stop(1_000));
  relay.start();
  return relay;
}

async function storedIn(channel: Channel, stream: Stream): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const events of channel.read({ stream })) ids.push(...events.map(({ message }) => message?.id ?? ''));
  return ids;
}

/** Everything has arrived once, and the events of each key in their order. */
async function expectComplete(channel: Channel, target: Stream, sent: readonly Message[]): Promise<void> {
  await vi.waitFor(async () => expect(new Set(await storedIn(channel, target)).size).toBe(sent.length), 20_000);
  const ids = await storedIn(channel, target);
  expect(ids).toHaveLength(sent.length);
  for (const key of KEYS) {
    const own = sent.filter((message) => message.key === key).map(({ id }) => id);
    const isOwn = new Set(own);
    expect(ids.filter((id) => isOwn.has(id))).toEqual(own);
  }
}

function scene(): { readonly sandbox: Sandbox; readonly source: Channel; readonly target: Stream } {
  const sandbox = new Sandbox(url);
  const source = sandbox.open({ leaseMs: 600 });
  return { sandbox, source, target: { environment: 'test', contract: `relayed-${randomUUID()}` } };
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, i) => sampleMessage({ key: KEYS[i % KEYS.length] }));

// Without a server the global set-up says why there is none.
describe.skipIf(url === '' || redisUrl === '')('a relay from PostgreSQL to Redis', () => {
  it('loses nothing, repeats nothing and keeps the order of each key while relays are cut off and replaced', async () => {
    const { sandbox, source, target } = scene();
    const to = openTarget();
    const sent = messages(600);
    for (let round = 0; round < 4; round += 1) {
      const line = await FaultProxy.before(url);
      const from = sandbox.open({ url: line.url, leaseMs: 600, queryTimeoutMs: 300, publishTimeoutMs: 500 });
      const relay = startRelay(from, to, sandbox.stream, target);
      for (let i = round * 150; i < (round + 1) * 150; i += 5) {
        await source.publish(sandbox.stream, sent.slice(i, i + 5));
      }
      await vi.waitFor(() => expect(relay.state.relayed).toBeGreaterThan(0), 15_000);
      // Still alive, and still able to write to the target: worse than killed.
      line.refuse();
    }
    startRelay(source, to, sandbox.stream, target);
    await expectComplete(to, target, sent);
  });

  it('sends again what the target has not confirmed, and it is there once', async () => {
    const { sandbox, source, target } = scene();
    const line = await FaultProxy.before(redisUrl);
    const to = openTarget(line.url);
    const relay = startRelay(source, to, sandbox.stream, target);
    const sent = messages(40);
    await source.publish(sandbox.stream, sent.slice(0, 20));
    await vi.waitFor(() => expect(relay.state.relayed).toBe(20), PATIENCE_MS);
    line.drop('replies');
    await source.publish(sandbox.stream, sent.slice(20));
    const plain = openTarget();
    await vi.waitFor(async () => expect(await storedIn(plain, target)).toHaveLength(40), PATIENCE_MS);
    await vi.waitFor(() => expect(relay.state.status).toBe('waiting'), PATIENCE_MS);
    line.cut();
    line.pass();
    await expectComplete(plain, target, sent);
    // Without the ids these would stand there twice.
    await vi.waitFor(() => expect(relay.state).toMatchObject({ relayed: 40, status: 'running' }), PATIENCE_MS);
    expect(relay.state.duplicates).toBeGreaterThan(0);
  });

  it('outlasts a target that is away, and what is appended meanwhile waits where it is', async () => {
    const { sandbox, source, target } = scene();
    const line = await FaultProxy.before(redisUrl);
    line.refuse();
    const to = openTarget(line.url);
    const relay = startRelay(source, to, sandbox.stream, target);
    const sent = messages(100);
    await source.publish(sandbox.stream, sent);
    await vi.waitFor(() => expect(relay.state).toMatchObject({ status: 'waiting', relayed: 0 }), PATIENCE_MS);
    const state = await source.admin.state(sandbox.stream, 'relay');
    expect((state?.pending ?? 0) + (state?.lag ?? 0)).toBe(100);
    line.pass();
    await expectComplete(openTarget(), target, sent);
    expect(relay.state.deadLetters).toBe(0);
  });

  it('shares its work with other relays of its group, and takes over what one leaves behind', async () => {
    const { sandbox, source, target } = scene();
    const to = openTarget();
    const relays = [1, 2].map(() => startRelay(sandbox.open({ leaseMs: 600 }), to, sandbox.stream, target));
    const sent = messages(300);
    for (let i = 0; i < sent.length; i += 10) {
      await source.publish(sandbox.stream, sent.slice(i, i + 10));
      if (i === 150) await relays[0]?.stop(5_000);
    }
    await expectComplete(to, target, sent);
    expect(relays.map(({ state }) => state.status)).toEqual(['stopped', 'running']);
  });

  it('sets aside a row that Redis can never hold, and goes on', async () => {
    const { sandbox, source, target } = scene();
    const to = openTarget();
    const relay = startRelay(source, to, sandbox.stream, target);
    const [before, after] = messages(2) as [Message, Message];
    await source.publish(sandbox.stream, [before]);
    await sandbox.query(
      `INSERT INTO "${sandbox.table}" (stream, id, type, key, fields) VALUES ($1, 'not a name', 'x.v1', 'a', '{}')`,
      [sandbox.name],
    );
    await source.publish(sandbox.stream, [after]);
    await vi.waitFor(() => expect(relay.state).toMatchObject({ relayed: 2, deadLetters: 1 }), PATIENCE_MS);
    expect(await storedIn(to, target)).toEqual([before.id, after.id]);
    await vi.waitFor(async () => {
      expect(await source.admin.deadLetters.list(sandbox.stream, 'relay')).toHaveLength(1);
    }, PATIENCE_MS);
  });
});
