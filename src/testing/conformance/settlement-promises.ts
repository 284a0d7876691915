import assert from 'node:assert/strict';
import type { Delivery } from '../../core/index.js';
import { assertInOrder, assertSame } from './expectations.js';
import type { Listener } from './listener.js';
import { promise } from './promise.js';
import { sampleMessage } from './sample-message.js';

/** What a channel promises about settling deliveries, and about those that are not settled. */
export const settlementPromises = [
  promise('a group goes on where it was after every process was restarted', async (scene) => {
    const messages = await scene.append(20);
    const channel = await scene.open();
    const before = scene.listen({ batchSize: 10 }, channel);
    await before.settle(await before.take(10));
    await before.close();
    await scene.deadline.within(channel.close(), 'the channel to close');
    const after = scene.listen({}, await scene.open());
    const last = sampleMessage();
    await scene.publish([last]);
    assertSame(await after.takeAll([...messages.slice(10), last]), [...messages.slice(10), last], 'the rest');
  }),

  promise('what was not settled comes again after its consumer has closed', async (scene) => {
    const messages = await scene.append(6);
    const first = scene.listen({ batchSize: 6 });
    await first.settle((await first.take(6)).slice(0, 3));
    await first.close();
    const second = scene.listen({}, await scene.open());
    assertSame(await second.take(3), messages.slice(3), 'what comes again');
  }),

  promise(
    'what a consumer gives back goes to another one that waits already',
    async (scene) => {
      const first = scene.listen();
      const messages = await scene.append(4);
      await first.take(4);
      const second = scene.listen({}, await scene.open());
      const again = second.take(4);
      await first.close();
      assertSame(await again, messages, 'what comes again');
    },
    'competingConsumers',
  ),

  promise(
    'what was settled never comes again, in whatever order it was settled',
    async (scene) => {
      const messages = await scene.append(10);
      const first = scene.listen({ batchSize: 10 });
      const delivered = await first.take(10);
      const odd = delivered.filter((_, i) => i % 2 === 1).reverse();
      assert.deepEqual(await first.settle(odd.slice(0, 2)), []);
      assert.deepEqual(await first.settle(odd.slice(2)), []);
      await first.close();
      const even = messages.filter((_, i) => i % 2 === 0);
      assertSame(await comesBefore(scene.listen({}, await scene.open()), scene, even.length), even, 'what comes again');
    },
    'selectiveSettle',
  ),

  promise(
    'each delivery of an event is counted',
    async (scene) => {
      const [message] = await scene.append(1);
      const counts: number[] = [];
      for (const channel of [scene.channel, await scene.open(), scene.channel]) {
        const listener = scene.listen({}, channel);
        const [delivery] = await listener.take(1);
        assertInOrder([delivery as Delivery], message ? [message] : [], 'the delivery');
        counts.push(delivery?.deliveries ?? 0);
        await listener.close();
      }
      assert.equal(counts[0], 1, 'the first count');
      assert.ok(counts[1] === 2 && counts[2] === 3, `the counts are ${counts.join(', ')}`);
    },
    'deliveryCount',
  ),

  promise('settling works after the loop was left, until close', async (scene) => {
    const messages = await scene.append(4);
    const listener = scene.listen({ batchSize: 4 });
    let delivered: readonly Delivery[] = [];
    const loop = async () => {
      for await (const batch of listener.subscription) {
        delivered = [...delivered, ...batch.deliveries];
        if (delivered.length >= 4) break;
      }
    };
    await scene.deadline.within(loop(), '4 deliveries');
    assert.deepEqual(await listener.settle(delivered.slice(0, 3)), [], 'settlements that were lost');
    await listener.close();
    assertSame(await comesBefore(scene.listen(), scene, 1), messages.slice(3), 'what comes again');
  }),

  promise('settling twice does no harm', async (scene) => {
    const messages = await scene.append(2);
    const listener = scene.listen({ batchSize: 2 });
    const delivered = await listener.take(2);
    await listener.settle(delivered.slice(0, 1));
    await listener.settle(delivered.slice(0, 1)).catch((cause: unknown) => {
      throw new assert.AssertionError({ message: `the second settlement was refused: ${String(cause)}` });
    });
    await listener.close();
    assertSame(await comesBefore(scene.listen(), scene, 1), messages.slice(1), 'what comes again');
  }),

  promise('settling after close has no effect', async (scene) => {
    const messages = await scene.append(2);
    const listener = scene.listen({ batchSize: 2 });
    const delivered = await listener.take(2);
    await listener.close();
    const lost = await listener.settle(delivered).catch(() => delivered);
    assert.deepEqual(lost, delivered, 'what the consumer no longer owned');
    assertSame(await scene.listen().take(2), messages, 'what comes again');
  }),

  promise('a consumer cannot settle what another one has taken over', async (scene) => {
    const messages = await scene.append(2);
    const first = scene.listen({ batchSize: 2 });
    const delivered = await first.take(2);
    await first.close();
    const second = scene.listen({ batchSize: 2 });
    const taken = await second.take(2);
    assert.deepEqual(await first.settle(delivered).catch(() => delivered), delivered, 'what it no longer owned');
    assert.deepEqual(await second.settle(taken.slice(0, 1)), [], 'what the new owner lost');
    await second.close();
    assertSame(await comesBefore(scene.listen(), scene, 1), messages.slice(1), 'what comes again');
  }),

  promise('leaving the iteration ends a read that waits', async (scene) => {
    const listener = scene.listen();
    await assertEnds(scene, listener, () => listener.leave());
  }),

  promise('closing ends a read that waits, and closing twice does no harm', async (scene) => {
    const listener = scene.listen({}, await scene.open());
    await assertEnds(scene, listener, () => listener.close());
    await listener.close();
  }),
];

type Waits = Parameters<Parameters<typeof promise>[1]>[0];

/** What a consumer gets of this many events before it has seen one that is appended now. */
async function comesBefore(listener: Listener, scene: Waits, count: number): Promise<readonly Delivery[]> {
  const first = await listener.take(count);
  const last = sampleMessage();
  await scene.publish([last]);
  return [...first, ...(await listener.takeUntil(last)).slice(0, -1)];
}

/** Ends an iteration while it waits for the next event. */
async function assertEnds(scene: Waits, listener: Listener, end: () => Promise<void>): Promise<void> {
  await scene.append(1);
  await listener.settle(await listener.take(1));
  const waiting = listener.each(() => Promise.resolve());
  waiting.catch(() => undefined);
  await scene.deadline.within(end(), 'the end');
  await scene.deadline.within(waiting, 'the read that waits to end');
}
