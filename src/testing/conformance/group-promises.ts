import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Message } from '../../core/index.js';
import { assertFields, assertInOrder, assertSame, messageOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages, sampleMessagesOfKeys } from './sample-message.js';
import { freshStream, GROUP } from './scene.js';

/** What a channel promises about who gets which events, and in which order. */
export const groupPromises = [
  promise('a consumer gets the events of a producer in the order of their appends', async (scene) => {
    const listener = scene.listen({ batchSize: 64 });
    const messages = sampleMessages(1_000);
    const appended = async () => {
      for (let at = 0, count = 1; at < messages.length; at += count, count = 1 + (count % 7)) {
        await scene.publish(messages.slice(at, at + count));
      }
    };
    const [delivered] = await Promise.all([listener.take(messages.length), appended()]);
    assertInOrder(delivered, messages, 'the deliveries');
  }),

  promise('every group gets every event', async (scene) => {
    const messages = await scene.append(50);
    for (const group of ['one', 'two', 'three']) {
      assertInOrder(await scene.listen({ group }).take(50), messages, `the group ${group}`);
    }
  }),

  promise(
    'consumers of one group share its events: each goes to one of them',
    async (scene) => {
      const messages = sampleMessagesOfKeys(300, 100);
      await scene.publish(messages);
      const channels = [scene.channel, await scene.open(), scene.channel];
      const listeners = channels.map((channel) => scene.listen({ batchSize: 7 }, channel));
      const delivered: Delivery[] = [];
      const shared = new Promise<void>((resolve, reject) => {
        for (const listener of listeners) {
          listener
            .each(async (deliveries) => {
              delivered.push(...deliveries);
              if (delivered.length >= messages.length) resolve();
              await listener.settle(deliveries);
            })
            .catch(reject);
        }
      });
      await scene.deadline.within(shared, () => `${messages.length} deliveries, got ${delivered.length}`);
      assertSame(delivered, messages, 'all consumers together');
    },
    'competingConsumers',
  ),

  promise('a new group begins with the first event', async (scene) => {
    const early = await scene.append(3);
    assertInOrder(await scene.listen({ group: 'early' }).take(3), early, 'the early group');
    const late = await scene.append(2);
    assertInOrder(await scene.listen({ group: 'late' }).take(5), [...early, ...late], 'the late group');
  }),

  promise('a new group that is to begin at the end gets only what comes after', async (scene) => {
    await scene.append(3);
    const listener = scene.listen({ from: 'end' });
    const heard = { yet: false };
    const first = listener.take(1);
    const stop = () => void (heard.yet = true);
    void first.then(stop, stop);
    // Only the consumer knows when its group exists: append until it hears something.
    const later: Message[] = [];
    while (!heard.yet) {
      later.push(...(await scene.append(1)));
      await nextTurn();
    }
    const delivered = [...(await first)];
    const last = sampleMessage();
    await scene.publish([last]);
    delivered.push(...(await listener.takeUntil(last)));
    const begin = later.findIndex(({ id }) => id === messageOf(delivered[0]).id);
    assert.notEqual(begin, -1, 'the first delivery is an event from before');
    assertInOrder(delivered, [...later.slice(begin), last], 'the group');
  }),

  promise('a group that exists goes on where it was, wherever a new one would begin', async (scene) => {
    const messages = await scene.append(4);
    const before = scene.listen({ batchSize: 2 });
    await before.settle(await before.take(2));
    await before.close();
    assertInOrder(await scene.listen({ from: 'end' }).take(2), messages.slice(2), 'the group');
  }),

  promise('a consumer may come before the first event, and hears each one as it is appended', async (scene) => {
    const listener = scene.listen({}, await scene.open());
    for (let i = 0; i < 3; i += 1) {
      const [delivered, messages] = await Promise.all([listener.take(1), scene.append(1)]);
      assertInOrder(delivered, messages, `event ${i + 1}`);
    }
  }),

  promise('a consumer is told when it has caught up, and not before', async (scene) => {
    const messages = await scene.append(5);
    const listener = scene.listen({ batchSize: 2 });
    const delivered: Delivery[] = [];
    const caughtUp = async () => {
      for (let batch = await listener.next(); batch; batch = await listener.next()) {
        delivered.push(...batch.deliveries);
        if (batch.caughtUp) return;
      }
    };
    await scene.deadline.within(caughtUp(), 'a batch that has caught up');
    assertInOrder(delivered, messages, 'what came until then');
  }),

  promise('events of other types come without their fields, and say so', async (scene) => {
    const wanted = sampleMessage({ type: 'wanted.v1' });
    const other = sampleMessage({ type: 'other.v1', fields: { name: '"Ada"', data: '1' }, personal: ['name'] });
    await scene.publish([other, wanted]);
    const [first, second] = await scene.listen({ types: ['wanted.v1'] }).take(2);
    assertInOrder([messageOf(first), messageOf(second)], [other, wanted], 'the deliveries');
    assert.equal(first?.fieldsOmitted, true, 'whether the other type says that its fields were left out');
    assert.deepEqual(Object.keys(messageOf(first).fields), [], 'the fields of the other type');
    assert.ok(!second?.fieldsOmitted, 'the wanted type says that its fields were left out');
    assertFields(messageOf(second), wanted);
  }),

  promise('streams of other contracts and of other environments stay apart', async (scene) => {
    const { contract } = scene.stream;
    const streams = [scene.stream, { environment: 'elsewhere', contract }, freshStream()];
    const messages = streams.map((_, i) => sampleMessages(2 + i));
    for (const [i, stream] of streams.entries()) await scene.publish(messages[i] ?? [], stream);
    for (const [i, stream] of streams.entries()) {
      const own = messages[i] ?? [];
      assertInOrder(await scene.listen({ stream }).take(own.length), own, `the group of stream ${i + 1}`);
      assertInOrder(await scene.read({ stream }), own, `the reader of stream ${i + 1}`);
    }
  }),

  promise('a reader without a group changes nothing for groups', async (scene) => {
    const messages = await scene.append(4);
    const listener = scene.listen({ batchSize: 2 });
    const held = await listener.take(2);
    await scene.read();
    await listener.settle(held.slice(0, 1));
    await scene.read();
    await listener.close();
    const after = await scene.listen().takeAll(messages.slice(1));
    assertSame(after, messages.slice(1), 'what is left for the group');
    const groups = await scene.channel.admin.groups(scene.stream);
    assert.deepEqual(
      groups.map(({ group }) => group),
      [GROUP],
    );
  }),
];
