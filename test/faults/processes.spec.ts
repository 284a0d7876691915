import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Redis } from 'ioredis';
import type { Channel, Stream } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { alteredSubscriptions } from '../conformance/broken/altered-channel.js';
import { Collector } from '../redis/collector.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { shortOrLong } from './long-run.js';
import { startWorker } from './start-worker.js';
import { storedEvents } from './stored-events.js';

const LEASE_MS = 1_000;

describe.skipIf(redisUrl === '')('a consumer in a process of its own', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it('that is killed in the middle of a handler loses its event to another one in time', async () => {
    const { history, stream, worker } = await workerAtWork({ handler: 'hang' });
    await worker.kill();
    const began = performance.now();
    const heir = heirOf(history, stream);
    await heir.until(1);
    expect(performance.now() - began).toBeLessThan(LEASE_MS + LEASE_MS / 2 + 1_000 + 1_000);
    expect(heir.deliveries[0]?.deliveries).toBe(2);
    await drained(stream);
    expect(await failuresOf(history, stream)).toEqual([]);
  });

  it('that stood still past its lease is told so, and settles nothing that another one has', async () => {
    const { history, stream, worker } = await workerAtWork({ workMs: 300 });
    worker.signal('SIGSTOP');
    const heir = heirOf(history, stream, { holds: true });
    await heir.until(1);
    worker.signal('SIGCONT');
    await vi.waitUntil(() => worker.leaseLost > 0 || worker.aborted.length > 0, { timeout: 10_000 });
    expect((await openChannel().admin.state(stream, 'group'))?.pending).toBe(1);
    expect(await heir.settle(heir.deliveries)).toEqual([]);
    expect(heir.lost).toEqual([]);
    const [settled] = history.records.filter(({ kind }) => kind === 'settlement');
    expect(settled).toMatchObject({ consumer: 'heir' });
    expect(await failuresOf(history, stream)).toEqual([]);
  });

  it('whose handler blocks it for two leases is overtaken once, and completes nothing twice', async () => {
    const { history, stream, worker } = await workerAtWork({ handler: 'block', slowMs: 2 * LEASE_MS + 500 });
    const heir = heirOf(history, stream);
    await heir.until(1);
    await vi.waitUntil(() => worker.leaseLost > 0 || worker.aborted.length > 0, { timeout: 10_000 });
    await drained(stream);
    expect(heir.deliveries).toHaveLength(1);
    expect(await worker.stop()).toBe('0');
    expect(history.records.filter(({ kind }) => kind === 'settlement')).toHaveLength(1);
    expect(await failuresOf(history, stream)).toEqual([]);
  });

  it('that is told to end under load, and killed when it lasts, loses nothing and gives back what is open', async () => {
    const rounds = shortOrLong(10, 100);
    const [history, stream] = [new History(), freshStream()];
    const load = { role: 'produce', url: redisUrl, stream, keys: 16, perSecond: 400 } as const;
    const producer = startWorker(load, history);
    const settings = { concurrency: 8, maxInFlight: 40, batchSize: 20 };
    for (let round = 0; round < rounds; round += 1) {
      const before = deliveriesIn(history);
      const channel = { leaseMs: LEASE_MS };
      const task = {
        role: 'consume',
        url: redisUrl,
        stream,
        channel,
        settings,
        workMs: 5,
        stopWithinMs: 2_000,
      } as const;
      const worker = startWorker(task, history);
      await vi.waitUntil(() => deliveriesIn(history) > before + 60, { timeout: 15_000, interval: 5 });
      // Every third one gets no time to end in good order.
      expect(await worker.stop(round % 3 === 2 ? 1 : 5_000)).toMatch(round % 3 === 2 ? /^(0|SIGKILL)$/ : /^0$/);
    }
    expect(await producer.stop()).toBe('0');
    const last = heirOf(history, stream);
    await vi.waitFor(async () => expect(await groupOf(stream)).toMatchObject({ lag: 0, pending: 0 }), 15_000);
    await last.subscription.close();
    const report = checkHistory(history.records, {
      ...{ groups: ['group'], order: 'consumer', stored: await storedEvents(stream, redisUrl) },
    });
    expect(report.failures).toEqual([]);
    expect(report.appended).toBeGreaterThan(60 * rounds);
    // Only what was in flight when a process was killed comes again.
    expect(report.redeliveries).toBeLessThanOrEqual(Math.ceil(rounds / 3) * settings.maxInFlight);
  }, 600_000);
});

describe.skipIf(redisUrl === '')('a settlement that is not fenced', () => {
  it('would be caught: a consumer that was overtaken acknowledges as well, and its new owner loses the event', async () => {
    const [history, stream, client] = [new History(), freshStream(), openClient()];
    const channel = recordedChannel(unfenced(openChannel(), client), history);
    await channel.publish(stream, [sampleMessage()]);
    const zombie = new Collector(channel, stream, { holds: true, consumer: 'zombie' });
    const [taken] = await zombie.until(1);
    // Another consumer has it now, and has not finished.
    await client.xclaim(keyOf(stream), 'group~0', 'heir', 0, taken?.position.id ?? '');
    const settlement = { eventId: taken?.message?.id ?? '', group: 'group', consumer: 'heir' };
    await zombie.settle(zombie.deliveries);
    expect((await groupOf(stream))?.pending).toBe(0);
    history.settlement(settlement);
    expect(await failuresOf(history, stream)).toEqual([expect.stringContaining('settled more than once')]);
  });
});

/** Acknowledges by hand, without asking who owns the events. */
function unfenced(channel: Channel, client: Redis): Channel {
  return alteredSubscriptions(channel, (_, { stream, group }) => ({
    settle: async (settlements) => {
      const ids = settlements.map(({ delivery }) => delivery.position.id);
      await client.xack(keyOf(stream), `${group}~0`, ...ids);
      return [];
    },
  }));
}

async function workerAtWork(how: { handler?: 'hang' | 'block'; workMs?: number; slowMs?: number }) {
  const [history, stream] = [new History(), freshStream()];
  await recordedChannel(openChannel(), history).publish(stream, [
    sampleMessage({ type: 'sampleTaken.v1', fields: { work: '"quick"' } }),
  ]);
  const worker = startWorker(
    { role: 'consume', url: redisUrl, stream, channel: { leaseMs: LEASE_MS }, ...how },
    history,
  );
  await vi.waitUntil(() => deliveriesIn(history) > 0, { timeout: 15_000, interval: 5 });
  return { history, stream, worker };
}

function heirOf(history: History, stream: Stream, how: { holds?: boolean } = {}): Collector {
  const channel = recordedChannel(openChannel({ url: redisUrl, leaseMs: LEASE_MS }), history);
  return new Collector(channel, stream, { consumer: 'heir', ...how });
}

function deliveriesIn(history: History): number {
  return history.records.reduce((sum, { kind }) => sum + (kind === 'delivery' ? 1 : 0), 0);
}

async function groupOf(stream: Stream) {
  return openChannel().admin.state(stream, 'group');
}

async function drained(stream: Stream): Promise<void> {
  const channel = openChannel();
  await vi.waitFor(async () => {
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 });
  }, 10_000);
}

async function failuresOf(history: History, stream: Stream): Promise<readonly string[]> {
  const stored = await storedEvents(stream, redisUrl);
  return checkHistory(history.records, { groups: ['group'], order: 'consumer', stored }).failures;
}
