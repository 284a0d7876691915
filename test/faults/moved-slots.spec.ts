import { setTimeout as pace } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Message } from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { storedEvents as storedIn } from '../../tools/soak/stored-events.mjs';
import { freshStream, openChannel, redisUrl } from '../redis/open-channel.js';
import { moveSlot } from '../redis/move-slot.js';
import { partitionKey } from '../redis/partition-owners.js';
import { largeMessage, sampleMessage } from '../redis/sample-message.js';
import { startCluster } from '../redis/start-cluster.js';
import { shortOrLong } from './long-run.js';
import { startConsumer } from './sample-consumer.js';

const PARTITIONS = 3;
const MOVES = shortOrLong(4, 40);
const APPENDS_BEFORE_A_MOVE = 300;
const SETTINGS = { partitions: PARTITIONS, leaseMs: 3_000, publishTimeoutMs: 60_000 };

describe.skipIf(redisUrl === '')('while slots of a cluster are moved to other nodes', () => {
  let running: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => void (running = await startCluster()), 60_000);
  afterAll(() => running.stop());

  it('nothing is lost, nothing comes twice, and every key keeps its order', { timeout: 300_000 }, async () => {
    const cluster = { nodes: running.nodes };
    const [history, stream] = [new History(), freshStream()];
    const channel = recordedChannel(openChannel({ cluster, ...SETTINGS }), history);
    for (const consumer of ['a', 'b']) {
      const receiving = recordedChannel(openChannel({ cluster, ...SETTINGS }), history, { deliveries: false });
      startConsumer(receiving, stream, ({ id: eventId, key, position, deliveries, group }) => {
        history.delivery({ eventId, key, position, deliveries, group, consumer });
      });
    }
    const moves = Array.from({ length: MOVES }, (_, i) => partitionKey(stream, i % PARTITIONS));
    const given = await produceWhileMoving(running, moves, (message) => channel.publish(stream, [message]));
    const looking = openChannel({ cluster, ...SETTINGS });
    await vi.waitFor(async () => {
      expect(await looking.admin.state(stream, 'group')).toMatchObject({ lag: 0, pending: 0 });
    }, 60_000);
    const stored = await storedIn(looking, stream);
    const report = checkHistory(history.records, { groups: ['group'], order: 'group', stored });
    expect(report.failures).toEqual([]);
    expect(report.appended).toBeGreaterThanOrEqual(MOVES * APPENDS_BEFORE_A_MOVE);
    const at = new Map(stored.map(({ eventId }, i) => [eventId, i]));
    expect(overtaken(given, at)).toEqual([]);
  });

  it('keys would lose their order with a client that sends again by itself', { timeout: 120_000 }, async () => {
    const plain = new Cluster(running.nodes);
    onTestFinished(() => plain.disconnect());
    const [stream, at] = [freshStream(), new Map<string, number>()];
    const key = partitionKey(stream, 0);
    const lua = "redis.call('HSET', KEYS[2], 'a', '1') return redis.call('XADD', KEYS[1], '*', 'id', ARGV[1])";
    // What the client gives up after all is not stored, and has no place in any order.
    const append = ({ id }: Message) =>
      plain.eval(lua, 2, key, partitionKey(stream, 0, `event:${id}`), id).catch(() => undefined);
    let found: readonly string[] = [];
    for (let i = 0; i < 20 && found.length === 0; i += 1) {
      const given = await produceWhileMoving(running, [key], append);
      const entries = await plain.xrange(key, '-', '+');
      for (const [place, [, fields]] of entries.entries()) at.set(fields[1] ?? '', place);
      const stored = given.map((ids) => ids.filter((id) => at.has(id)));
      found = overtaken(stored, at);
    }
    expect(found).not.toEqual([]);
  });
});

/** The ids that stand behind one that their writer gave later. */
function overtaken(given: readonly (readonly string[])[], at: ReadonlyMap<string, number>): readonly string[] {
  const placeOf = (id: string | undefined) => at.get(id ?? '') ?? NaN;
  return given.flatMap((ids) => ids.filter((id, i) => i + 1 < ids.length && !(placeOf(id) < placeOf(ids[i + 1]))));
}

type Running = Awaited<ReturnType<typeof startCluster>>;

/** Moves the slots of keys from node to node, one after the other, while events are appended; returns their ids by writer. */
async function produceWhileMoving(
  running: Running,
  keys: readonly string[],
  append: (message: Message) => Promise<unknown>,
) {
  let [appended, isOver] = [0, false];
  const move = async () => {
    for (const key of keys) {
      const enough = appended + APPENDS_BEFORE_A_MOVE;
      await vi.waitUntil(() => appended >= enough, { timeout: 60_000, interval: 10 });
      await moveSlot(running, key);
    }
  };
  const moved = move().finally(() => (isOver = true));
  moved.catch(() => undefined);
  const given = await produceUntil(
    () => isOver,
    async (message) => {
      await append(message);
      appended += 1;
    },
  );
  await moved;
  return given;
}

/** Six writers of one key each, who do not wait for one append before the next; returns the ids in their order. */
async function produceUntil(isOver: () => boolean, append: (message: Message) => Promise<unknown>) {
  const writers = Array.from({ length: 6 }, async (_, writer) => {
    const like = { key: `writer-${writer}` };
    const ids: string[] = [];
    const appends: Promise<unknown>[] = [];
    const open = new Set<Promise<unknown>>();
    while (!isOver()) {
      const message = ids.length % 20 === 19 ? largeMessage(like) : sampleMessage(like);
      ids.push(message.id);
      const appended = append(message).finally(() => open.delete(appended));
      // One that fails is heard of at the end.
      appended.catch(() => undefined);
      appends.push(appended);
      open.add(appended);
      // Some appends meet others of their tick, some do not.
      await pace(ids.length % 3);
      if (open.size >= 8) await Promise.race(open);
    }
    await Promise.all(appends);
    return ids;
  });
  return Promise.all(writers);
}
