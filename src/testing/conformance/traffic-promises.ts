import assert from 'node:assert/strict';
import type { Channel, Message } from '../../core/index.js';
import { assertInOrder, assertSame, idsOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages, sampleMessagesOfKeys } from './sample-message.js';
import { freshStream, type Scene } from './scene.js';

/** What a channel promises when many work at once, and when they come and go. */
export const trafficPromises = [
  promise('fifty producers and ten consumers at once lose nothing', async (scene) => {
    const messages = Array.from({ length: 50 }, () => sampleMessagesOfKeys(40, 40));
    const channels = [scene.channel, await scene.open()];
    const produced = messages.map(async (own, i) => {
      for (const message of own) await channels[i % 2]?.publish(scene.stream, [message]);
    });
    const consumed = consumeAll(scene, messages.flat(), 10, channels);
    await scene.deadline.within(Promise.all([consumed, ...produced]), 'the appends and deliveries');
  }),

  promise('ten streams are consumed at once, each whole and in order', async (scene) => {
    const streams = Array.from({ length: 10 }, () => ({ stream: freshStream(), messages: sampleMessages(100) }));
    const consumed = streams.map(({ stream, messages }) =>
      scene.listen({ stream, batchSize: 30 }).take(messages.length),
    );
    await Promise.all(
      streams.map(async ({ stream, messages }) => {
        for (let i = 0; i < 100; i += 10) await scene.publish(messages.slice(i, i + 10), stream);
      }),
    );
    for (const [i, { messages }] of streams.entries()) {
      assertInOrder((await consumed[i]) ?? [], messages, `stream ${i + 1}`);
    }
  }),

  promise('consumers that come and go lose nothing', async (scene) => {
    const messages = await scene.append(1_000);
    const channels = [scene.channel, await scene.open()];
    const missing = new Set(idsOf(messages));
    for (let round = 0; missing.size > 0; round += 1) {
      const listener = scene.listen({ batchSize: 100 }, channels[round % 2]);
      const taken = await listener.take(Math.min(200, missing.size));
      const settled = taken.slice(0, 150);
      assert.deepEqual(await listener.settle(settled), [], 'settlements that were lost');
      for (const id of idsOf(settled)) missing.delete(id);
      await listener.close();
      assert.ok(round < 40, 'events that were settled come again and again');
    }
  }),

  promise('events that are given back again and again come all the same', async (scene) => {
    const messages = sampleMessagesOfKeys(100, 100);
    await scene.publish(messages);
    for (let round = 0; round < 5; round += 1) {
      const listener = scene.listen({ batchSize: 20 });
      assertSame(await listener.take(100), messages, `round ${round + 1}`);
      await listener.close();
    }
    await consumeAll(scene, messages, 1, [scene.channel]);
  }),

  promise('ten consumers that come and close together leave the group whole', async (scene) => {
    const messages = sampleMessagesOfKeys(100, 100);
    await scene.publish(messages);
    const listeners = Array.from({ length: 10 }, () => scene.listen({ batchSize: 5 }));
    // Some have events by then, some are about to, some have not begun.
    const reading = listeners.slice(0, 7).map((listener) => listener.next());
    await scene.deadline.within(Promise.race(reading), 'the first batch');
    await Promise.all(listeners.map((listener) => listener.close()));
    await scene.deadline.within(Promise.all(reading), 'the reads to end');
    await consumeAll(scene, messages, 1, [scene.channel]);
  }),

  promise('closing a channel gives back what its consumers held, and ends their reads', async (scene) => {
    const messages = await scene.append(4);
    const channel = await scene.open();
    const listener = scene.listen({ batchSize: 4 }, channel);
    const delivered = await listener.take(4);
    await listener.settle(delivered.slice(0, 1));
    const waiting = listener.each(() => Promise.resolve());
    waiting.catch(() => undefined);
    await scene.deadline.within(channel.close(), 'the channel to close');
    await scene.deadline.within(waiting, 'the read that waits to end');
    assertInOrder(await scene.listen().take(3), messages.slice(1), 'what comes again');
  }),

  promise('what producers append before they close is stored, and no append stays open', async (scene) => {
    const messages = Array.from({ length: 20 }, () => sampleMessages(25));
    const channels = [await scene.open(), await scene.open()];
    const calls = messages.flatMap((own, i) =>
      own.map((message) =>
        (channels[i % 2] as Channel).publish(scene.stream, [message]).then(
          () => message,
          () => undefined,
        ),
      ),
    );
    await scene.deadline.within(Promise.all(channels.map((channel) => channel.close())), 'the channels to close');
    const stored = await scene.deadline.within(Promise.all(calls), 'the appends to end');
    const confirmed = stored.flatMap((message) => message ?? []);
    const read = new Set(idsOf(await scene.read()));
    assert.equal(idsOf(confirmed).filter((id) => !read.has(id)).length, 0, 'confirmed events that were not stored');
    const last = sampleMessage();
    await scene.publish([last]);
    await scene.listen().takeAll([...confirmed, last]);
  }),

  {
    ...promise('producers and consumers go on when the server was restarted', async (scene) => {
      const messages = sampleMessagesOfKeys(60, 20);
      const consumed = consumeAll(scene, messages, 2, [scene.channel], insistent(scene));
      const produced = async () => {
        for (const [i, message] of messages.entries()) {
          if (i === 20 || i === 30) await scene.restart();
          await insistent(scene)(() => scene.channel.publish(scene.stream, [message]));
        }
      };
      await Promise.all([consumed, produced()]);
    }),
    needs: 'restart',
  } as const,
];

/** Does something again and again while the server is away: appends and settlements do no harm when repeated. */
function insistent(scene: Scene): (work: () => Promise<unknown>) => Promise<void> {
  return (work) =>
    scene.until(
      () =>
        work().then(
          () => true,
          () => false,
        ),
      'what was tried again after a restart',
    );
}

/** Settles whatever comes until each message has come at least once. */
function consumeAll(
  scene: Scene,
  messages: readonly Message[],
  consumers: number,
  channels: readonly Channel[],
  carryOut: (work: () => Promise<unknown>) => Promise<unknown> = (work) => work(),
): Promise<void> {
  const missing = new Set(idsOf(messages));
  const consumed = new Promise<void>((resolve, reject) => {
    for (let i = 0; i < consumers; i += 1) {
      const listener = scene.listen({ batchSize: 10 }, channels[i % channels.length]);
      listener
        .each(async (deliveries) => {
          await carryOut(() => listener.settle(deliveries));
          for (const id of idsOf(deliveries)) missing.delete(id);
          if (missing.size === 0) resolve();
        })
        .catch(reject);
    }
  });
  return scene.deadline.within(consumed, () => `${missing.size} events that did not come`);
}
