import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import type { Channel, Message, Stream } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import type { RelayTask } from '../../tools/soak/relay.mjs';
import { RelayProcess } from '../../tools/soak/relay-process.mjs';
import { sampleMessage } from '../redis/sample-message.js';
import { Sandbox } from './sandbox.js';

const [url, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const KILLS = 8;
const LEASE_MS = 600;
/** How long a condition may take on a slow machine. */
const PATIENCE = { timeout: 60_000, interval: 20 };

/** A source, a target, and relays between them in processes of their own. */
function scene() {
  const sandbox = new Sandbox(url);
  const source = sandbox.open({ leaseMs: LEASE_MS });
  const target: Stream = { environment: 'test', contract: `relayed-${randomUUID()}` };
  const to = redisChannel({ url: redisUrl });
  onTestFinished(() => to.close());
  const start = (how: Partial<RelayTask> = {}) => {
    const own = { postgresUrl: url, redisUrl, table: sandbox.table, leaseMs: LEASE_MS };
    const relay = new RelayProcess({ ...own, stream: sandbox.stream, target, ...how });
    onTestFinished(() => relay.kill().then(() => undefined));
    return relay;
  };
  return { source, stream: sandbox.stream, to, target, start };
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, i) => sampleMessage({ key: KEYS[i % KEYS.length] }));

async function storedIn(channel: Channel, stream: Stream): Promise<readonly (Message | undefined)[]> {
  const found: (Message | undefined)[] = [];
  for await (const events of channel.read({ stream })) found.push(...events.map(({ message }) => message));
  return found;
}

/** Everything was settled. */
async function drained(source: Channel, stream: Stream): Promise<void> {
  await vi.waitFor(async () => {
    expect(await source.admin.state(stream, 'relay')).toMatchObject({ lag: 0, pending: 0 });
  }, PATIENCE);
}

/** The ids of each key in their order. */
const byKey = (all: readonly (Message | undefined)[]) =>
  KEYS.map((wanted) => all.filter((message) => message?.key === wanted).map((message) => message?.id));

describe.skipIf(url === '' || redisUrl === '')('a relay that is killed', { timeout: 300_000 }, () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 300_000);

  it('between the append and its settlement is followed by one that sends again, and nothing is there twice', async () => {
    const { source, stream, to, target, start } = scene();
    const sent = messages(60);
    await source.publish(stream, sent);
    expect(await start({ diesBehind: 2 }).ended).toBe('SIGKILL');
    expect(byKey(await storedIn(to, target))).not.toEqual(byKey(sent));
    const next = start();
    await drained(source, stream);
    expect(byKey(await storedIn(to, target))).toEqual(byKey(sent));
    await vi.waitFor(() => expect(next.state?.duplicates).toBeGreaterThan(0), PATIENCE);
  });

  it('there, and sent under new ids, would leave events that are there twice', async () => {
    const { source, stream, to, target, start } = scene();
    await source.publish(stream, messages(60));
    expect(await start({ diesBehind: 2, newIds: true }).ended).toBe('SIGKILL');
    start({ newIds: true });
    await drained(source, stream);
    expect((await storedIn(to, target)).length).toBeGreaterThan(60);
  });

  it('at any moment, again and again, loses nothing, and nothing is there twice', async () => {
    const { source, stream, to, target, start } = scene();
    const sent = messages(KILLS * 100);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await source.publish(stream, sent.slice(kill * 100, (kill + 1) * 100));
      const relay = start({ batchSize: 7 });
      await vi.waitFor(() => expect(relay.state?.relayed).toBeGreaterThan(0), PATIENCE);
      // Where in its work it dies is left to chance.
      await sleep(Math.random() * 20);
      expect(await relay.kill()).toBe('SIGKILL');
    }
    start();
    await drained(source, stream);
    expect(byKey(await storedIn(to, target))).toEqual(byKey(sent));
  });
});
