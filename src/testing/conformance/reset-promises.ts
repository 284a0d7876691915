import assert from 'node:assert/strict';
import type { Delivery, ReadEvent, ResetTarget } from '../../core/index.js';
import { assertInOrder, assertRefused } from './expectations.js';
import { offered } from './offered.js';
import { promise } from './promise.js';
import { sampleMessages } from './sample-message.js';
import { GROUP, type Scene } from './scene.js';

const FAILED = { kind: 'failed', code: 'Error', error: 'Error: x', attempts: 1 } as const;

/** What a channel promises about groups that are moved, also while their consumers run. */
export const resetPromises = [
  promise('the consumers of a group that is reset go on from there without being started again', (scene) =>
    offered(async () => {
      const other = await scene.open();
      const messages = await scene.append(3);
      const listener = scene.listen();
      await listener.settle(await listener.take(3));
      await other.admin.reset(scene.stream, GROUP, 'beginning');
      const again = await listener.take(3);
      assertInOrder(again, messages, 'after the reset');
      assert.deepEqual(await listener.settle(again), [], 'what the consumer no longer owned');
      const later = await scene.append(1);
      assertInOrder(await listener.take(1), later, 'what came later');
    }),
  ),

  promise('a consumer is told what a reset has taken from it, and can settle that no more', (scene) =>
    offered(async () => {
      const lost: Delivery[] = [];
      const other = await scene.open();
      await scene.append(3);
      const listener = scene.listen({ onLost: (deliveries) => lost.push(...deliveries) });
      const held = await listener.take(3);
      await other.admin.reset(scene.stream, GROUP, 'beginning');
      const again = await listener.take(3);
      await scene.until(() => lost.length >= 3, 'a word of what was lost');
      assertInOrder(lost, held, 'what was lost');
      assert.deepEqual(await listener.settle(held), held, 'what the consumer no longer owned');
      assert.deepEqual(await listener.settle(again), [], 'what it was handed anew and no longer owned');
    }),
  ),

  promise('what is said about deliveries of before a reset has no effect', (scene) =>
    offered(async () => {
      await scene.append(2);
      const listener = scene.listen();
      const held = await listener.take(2);
      await reset(scene, 'beginning');
      const again = await listener.take(2);
      await listener.record(held, 'failure');
      await listener.settle(held, { deadLetter: FAILED });
      assert.equal((await scene.letters()).length, 0, 'how many dead letters there are');
      await listener.close();
      const past = (await scene.listen().take(2)).map((delivery) => delivery.past?.failures ?? 0);
      assert.deepEqual(past, [0, 0], 'the failures that are remembered');
      assert.equal(again.length, 2);
    }),
  ),

  promise(
    'a reset forgets how often events have failed',
    (scene) =>
      offered(async () => {
        await scene.append(1);
        const listener = scene.listen();
        await listener.record(await listener.take(1), 'failure');
        await reset(scene, 'beginning');
        const [again] = await listener.take(1);
        assert.equal(again?.past, undefined, 'what is remembered');
      }),
    'attempts',
  ),

  promise('dead letters outlast a reset', (scene) =>
    offered(async () => {
      await scene.append(2);
      const listener = scene.listen();
      await listener.settle(await listener.take(2), { deadLetter: FAILED });
      await reset(scene, 'beginning');
      await listener.settle(await listener.take(2));
      assert.equal((await scene.letters()).length, 2, 'how many dead letters there are');
    }),
  ),

  promise(
    'a parked key goes on after a reset',
    (scene) =>
      offered(async () => {
        const messages = await scene.append(2);
        const first = scene.listen({ batchSize: 1, parkKeys: true });
        await first.settle(await first.take(1), { deadLetter: FAILED, park: true });
        await first.close();
        await reset(scene, 'beginning');
        assert.equal((await scene.state()).parkedKeys, 0, 'how many keys are parked');
        assertInOrder(await scene.listen({ parkKeys: true }).take(2), messages, 'after the reset');
      }),
    'parkByKey',
  ),

  promise('events that a group has finished are replayed after a reset, and those that it has not are not', (scene) =>
    offered(async () => {
      await scene.append(4);
      const before = scene.listen();
      const delivered = await before.take(4);
      assert.deepEqual(replayedOf(delivered), [false, false, false, false], 'what is replayed before any reset');
      await before.settle(delivered.slice(0, 2));
      await reset(scene, 'beginning');
      await before.close();
      assert.deepEqual(replayedOf(await scene.listen().take(4)), [true, true, false, false], 'what is replayed');
    }),
  ),

  promise('what is replayed stays so for other consumers and through another reset', (scene) =>
    offered(async () => {
      await scene.append(3);
      await handle(scene, 3);
      await reset(scene, 'beginning');
      const second = scene.listen({ batchSize: 1 }, await scene.open());
      const [first] = await second.take(1);
      assert.ok(first?.replayed === true, 'the first event is not replayed');
      await second.settle([first]);
      await second.close();
      await reset(scene, 'beginning');
      const third = scene.listen();
      assert.deepEqual(replayedOf(await third.take(3)), [true, true, true], 'what is replayed after two resets');
      await scene.append(1);
      assert.deepEqual(replayedOf(await third.take(1)), [false], 'what is replayed of what is new');
    }),
  ),

  promise('what a reset has passed over is not replayed when the group comes back to it', (scene) =>
    offered(async () => {
      const published = await scene.publish(sampleMessages(4));
      await handle(scene, 1);
      await reset(scene, 'end');
      await reset(
        scene,
        published.slice(0, 1).map(({ position }) => position),
      );
      assert.deepEqual(replayedOf(await scene.listen().take(3)), [false, false, false], 'what is replayed');
    }),
  ),

  promise('a dead letter that is redriven is not replayed', (scene) =>
    offered(async () => {
      const messages = await scene.append(2);
      const listener = scene.listen();
      const [first, second] = await listener.take(2);
      assert.ok(first && second);
      await listener.settle([first], { deadLetter: FAILED });
      await listener.settle([second]);
      await reset(scene, 'beginning');
      await listener.settle(await listener.take(2));
      const ids = (await scene.letters()).map(({ id }) => id);
      assert.equal(
        await scene.channel.admin.deadLetters.redrive(scene.stream, GROUP, ids),
        1,
        'how many were redriven',
      );
      const redriven = await listener.take(1);
      assertInOrder(redriven, messages.slice(0, 1), 'what was redriven');
      assert.deepEqual(replayedOf(redriven), [false], 'what is replayed');
    }),
  ),

  promise('a dead letter that is redriven before a replay comes to its event is not replayed either', (scene) =>
    offered(async () => {
      const [dead] = await scene.append(2);
      const before = scene.listen();
      const [first, second] = await before.take(2);
      assert.ok(dead && first && second);
      await before.settle([first], { deadLetter: FAILED });
      await before.settle([second]);
      await before.close();
      await reset(scene, 'beginning');
      const ids = (await scene.letters()).map(({ id }) => id);
      await scene.channel.admin.deadLetters.redrive(scene.stream, GROUP, ids);
      const after = scene.listen();
      const came = [...(await after.take(2))];
      const isHandled = () => came.some(({ message, replayed }) => message?.id === dead.id && replayed !== true);
      // A channel may hand out a copy of it, behind everything else.
      if (!isHandled()) came.push(...(await after.take(1)));
      assert.ok(isHandled(), 'what was redriven came as a replay only');
    }),
  ),

  promise('a group that is reset to a time goes on with the first event stored then', (scene) =>
    offered(async () => {
      const events = await eventsOfTwoTimes(scene);
      await handle(scene, events.length);
      const [last] = events.slice(-1);
      await reset(scene, { timeMs: last?.appendedAt ?? 0 });
      const listener = scene.listen();
      const delivered = await listener.take(1);
      assertInOrder(delivered, events.slice(-1), 'after a reset to the time of the last event');
      await listener.settle(delivered);
      await listener.close();
      await reset(scene, { timeMs: events[0]?.appendedAt ?? 0 });
      assertInOrder(await scene.listen().take(events.length), events, 'after a reset to the time of the first event');
    }),
  ),

  promise('a reset of a group, to a position or to a time that there is not is refused and changes nothing', (scene) =>
    offered(async () => {
      const { admin } = scene.channel;
      const [published] = await scene.publish(sampleMessages(1));
      await handle(scene, 1);
      const partition = published?.position.partition ?? 0;
      await assertRefused(admin.reset(scene.stream, 'nobody', 'beginning'), 'EB_ARGUMENT');
      const positions = [
        { partition, id: 'nowhere' },
        { partition, id: '99999999999999' },
        { partition: 9_999, id: published?.position.id ?? '' },
      ];
      const times = [NaN, -1, 0.5, Date.now() + 3_600_000].map((timeMs) => ({ timeMs }));
      const targets: readonly ResetTarget[] = [...positions.map((position) => [position]), ...times];
      for (const target of targets) await assertRefused(admin.reset(scene.stream, GROUP, target), 'EB_ARGUMENT');
      const names = (await admin.groups(scene.stream)).map(({ group }) => group);
      assert.deepEqual(names, [GROUP], 'the groups of the stream');
      const later = await scene.append(1);
      assertInOrder(await scene.listen().take(1), later, 'the group that was not moved');
    }),
  ),
];

function reset(scene: Scene, to: ResetTarget): Promise<void> {
  return scene.deadline.within(scene.channel.admin.reset(scene.stream, GROUP, to), 'a reset');
}

/** Handles so many events and goes. */
async function handle(scene: Scene, count: number): Promise<void> {
  const listener = scene.listen({ batchSize: 1 });
  for (let i = 0; i < count; i += 1) await listener.settle(await listener.take(1));
  await listener.close();
}

function replayedOf(deliveries: readonly Delivery[]): readonly boolean[] {
  return deliveries.map(({ replayed }) => replayed === true);
}

/** Appends until the last event was stored later than all others. */
async function eventsOfTwoTimes(scene: Scene): Promise<readonly ReadEvent[]> {
  let events: readonly ReadEvent[] = [];
  await scene.until(async () => {
    await scene.append(1);
    events = await scene.read();
    const [before, last] = events.slice(-2);
    return before !== undefined && last !== undefined && before.appendedAt < last.appendedAt;
  }, 'two events of different times');
  return events;
}
