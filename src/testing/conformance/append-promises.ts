import assert from 'node:assert/strict';
import { comparePositions, isBackboneError, type Message, type Published } from '../../core/index.js';
import { assertAsPublished, assertInOrder, assertRefused, idsOf, messageOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';
import type { Scene } from './scene.js';

/** What a channel promises about appends. */
export const appendPromises = [
  promise('an append gives one position for each message, each behind the one before', async (scene) => {
    const published: Published[] = [];
    for (const count of [1, 3, 1]) published.push(...(await scene.publish(sampleMessages(count))));
    assert.equal(published.length, 5);
    published.forEach(({ position, duplicate }, index) => {
      const before = published[index - 1]?.position;
      assert.equal(duplicate, false);
      assert.ok(
        !before || comparePositions(before, position) < 0,
        `position ${index + 1} is not behind the one before`,
      );
    });
  }),

  promise(
    'an append of two thousand messages arrives whole and in order, in batches no larger than asked',
    async (scene) => {
      const messages = sampleMessages(2_000);
      await appendLarge(scene, messages);
      const listener = scene.listen({ batchSize: 300 });
      assertInOrder(await listener.take(messages.length), messages, 'the large append');
      const largest = Math.max(...listener.batches.map(({ deliveries }) => deliveries.length));
      assert.ok(largest <= 300, `a batch held ${largest} deliveries where 300 were asked for at most`);
    },
  ),

  promise(
    'appending an id again stores nothing and gives the first position',
    async (scene) => {
      const message = sampleMessage();
      const [first] = await scene.publish([message]);
      await scene.append(1);
      const [again] = await scene.publish([message]);
      const [third] = await scene.publish([{ ...message, time: message.time + 1 }]);
      assert.deepEqual([first?.duplicate, again?.duplicate, third?.duplicate], [false, true, true]);
      assert.deepEqual([again?.position, third?.position], [first?.position, first?.position]);
      assert.equal((await scene.read()).length, 2);
    },
    'dedupe',
  ),

  promise(
    'appending an id again with another content keeps the first content',
    async (scene) => {
      const first = sampleMessage({
        fields: { amount: '1', note: '"a"' },
        personal: ['note'],
        headers: { tenant: 'a' },
      });
      await scene.publish([first]);
      await scene.publish([
        { ...first, fields: { amount: '2', other: '"b"' }, personal: [], headers: { tenant: 'b' } },
      ]);
      const [event] = await scene.read();
      assertAsPublished(messageOf(event), first);
      const [delivery] = await scene.listen().take(1);
      assertAsPublished(messageOf(delivery), first);
    },
    'dedupe',
  ),

  promise(
    'appending an id from several producers at once stores one event',
    async (scene) => {
      const message = sampleMessage();
      const channels = [scene.channel, await scene.open()];
      const calls = Array.from({ length: 5 }, () =>
        channels.map((each) => each.publish(scene.stream, [message])),
      ).flat();
      const published = (await scene.deadline.within(Promise.all(calls), 'the appends')).flat();
      assert.equal(published.filter(({ duplicate }) => !duplicate).length, 1, 'how many appends stored the event');
      assert.equal(new Set(published.map(({ position }) => position.id)).size, 1, 'how many positions it has');
      assertInOrder(await scene.read(), [message], 'the stream');
    },
    'dedupe',
  ),

  promise(
    'an append that holds a stored id stores only the others, in order',
    async (scene) => {
      const [a, b, c] = sampleMessages(3) as [Message, Message, Message];
      const [stored] = await scene.publish([b]);
      const published = await scene.publish([a, b, c]);
      assert.deepEqual(
        published.map(({ duplicate }) => duplicate),
        [false, true, false],
      );
      assert.deepEqual(published[1]?.position, stored?.position);
      assertInOrder(await scene.read(), [b, a, c], 'the stream');
    },
    'dedupe',
  ),

  promise(
    'an append is refused when its key is not in the expected version, and stores nothing',
    async (scene) => {
      const of = (key: string, count = 1) => sampleMessages(count, { key });
      const append = (expected: 'none' | 'exists' | number, messages: readonly Message[]) =>
        scene.channel.publish(scene.stream, messages, { expected });
      await scene.publish(of('other', 2));
      await assertRefused(append('exists', of('mine')), 'EB_CONFLICT');
      await assertRefused(append(1, of('mine', 2)), 'EB_CONFLICT');
      const stored = [...of('mine', 2), ...of('mine'), ...of('mine')];
      await append('none', stored.slice(0, 2));
      await append(2, stored.slice(2, 3));
      await append('exists', stored.slice(3));
      await assertRefused(append('none', of('mine', 2)), 'EB_CONFLICT');
      await assertRefused(append(3, of('mine')), 'EB_CONFLICT');
      assertInOrder((await scene.read()).slice(2), stored, 'the key');
    },
    'expectedVersion',
  ),

  promise(
    'of several producers that expect the same version one wins',
    async (scene) => {
      const channels = [scene.channel, await scene.open()];
      const calls = sampleMessages(10, { key: 'contended' }).map((message, i) =>
        (channels[i % 2] ?? scene.channel).publish(scene.stream, [message], { expected: 'none' }),
      );
      const outcomes = await scene.deadline.within(Promise.allSettled(calls), 'the appends');
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'how many appends went through');
      assert.equal((await scene.read()).length, 1, 'how many events were stored');
    },
    'expectedVersion',
  ),

  promise(
    'an append that is repeated with its expected version finds its event stored',
    async (scene) => {
      const message = sampleMessage();
      const append = () => scene.channel.publish(scene.stream, [message], { expected: 'none' });
      const [first] = await append();
      const [again] = await append().catch(() => []);
      assert.deepEqual(again, first && { ...first, duplicate: true });
    },
    'expectedVersion',
  ),

  promise('what a channel does not support is refused, not ignored', async (scene) => {
    const { channel, stream } = scene;
    const publish = (options: object) => channel.publish(stream, [sampleMessage()], options);
    if (!channel.supports.expectedVersion) await assertRefused(publish({ expected: 'none' }), 'EB_UNSUPPORTED');
    if (!channel.supports.transaction) await assertRefused(publish({ transaction: {} }), 'EB_UNSUPPORTED');
    if (!channel.supports.readByKey) await assertRefused(scene.read({ key: 'key' }), 'EB_UNSUPPORTED');
    if (!channel.supports.readById) await assertRefused(scene.read({ ids: ['id'] }), 'EB_UNSUPPORTED');
    assert.equal((await scene.read()).length, 0, 'how many events were stored');
  }),

  promise('an append that is given up before it is sent is refused, and stores nothing', async (scene) => {
    const signal = AbortSignal.abort();
    const given = scene.channel.publish(scene.stream, [sampleMessage()], { signal });
    await assertRefused(scene.deadline.within(given, 'the refusal'), 'EB_NOT_STORED');
    const messages = await scene.append(1);
    assertInOrder(await scene.read(), messages, 'the stream');
  }),

  promise('no reader ever sees a part of an append', async (scene) => {
    const calls = Array.from({ length: 40 }, () => sampleMessages(10));
    const done = { yet: false };
    const appended = Promise.all(calls.map((messages) => scene.publish(messages))).finally(() => (done.yet = true));
    // Awaited later, and then it still rejects; a reader that fails before must not leave it unhandled.
    appended.catch(() => undefined);
    do {
      const count = (await scene.read({ batchSize: 1_000 })).length;
      assert.equal(count % 10, 0, `a reader saw ${count} events of appends of 10`);
    } while (!done.yet);
    await appended;
    const ids = idsOf(await scene.read());
    for (const messages of calls) {
      const at = ids.indexOf(messages[0]?.id ?? '');
      assert.deepEqual(ids.slice(at, at + 10), idsOf(messages), 'the events of one append do not follow each other');
    }
  }),

  promise('an append to a closed channel is refused, and closing twice does no harm', async (scene) => {
    const channel = await scene.open();
    await channel.publish(scene.stream, [sampleMessage()]);
    await scene.deadline.within(channel.close(), 'the channel to close');
    await scene.deadline.within(channel.close(), 'the channel to close again');
    await assertRefused(channel.publish(scene.stream, [sampleMessage()]), 'EB_CLOSED');
    assert.equal((await scene.read()).length, 1, 'how many events were stored');
  }),
];

/** In one call where the channel takes so many. */
async function appendLarge(scene: Scene, messages: readonly Message[]): Promise<void> {
  try {
    await scene.publish(messages);
  } catch (error) {
    if (!isBackboneError(error, 'EB_TOO_LARGE')) throw error;
    for (let i = 0; i < messages.length; i += 100) await scene.publish(messages.slice(i, i + 100));
  }
}
