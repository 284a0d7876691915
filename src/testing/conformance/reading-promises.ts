import assert from 'node:assert/strict';
import type { ReadOptions } from '../../core/index.js';
import { assertFields, assertInOrder, assertRefused, messageOf } from './expectations.js';
import { Follower } from './follower.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';

/** What a channel promises about reading without a group. */
export const readingPromises = [
  promise('a read gives what is between two positions, without the first and with the last', async (scene) => {
    const messages = sampleMessages(10);
    const positions = (await scene.publish(messages)).map(({ position }) => [position]);
    const [second, fifth] = [positions[1] ?? [], positions[4] ?? []];
    assertInOrder(await scene.read(), messages, 'everything');
    assertInOrder(await scene.read({ after: fifth }), messages.slice(5), 'after the fifth');
    assertInOrder(await scene.read({ until: fifth }), messages.slice(0, 5), 'until the fifth');
    assertInOrder(await scene.read({ after: second, until: fifth, batchSize: 2 }), messages.slice(2, 5), 'between');
    assertInOrder(await scene.read({ after: positions[9] }), [], 'after the last');
  }),

  promise('a read ends at the present end, in batches no larger than asked', async (scene) => {
    assertInOrder(await scene.read(), [], 'an empty stream');
    const messages = await scene.append(25);
    const sizes: number[] = [];
    const reading = async () => {
      for await (const batch of scene.channel.read({ stream: scene.stream, batchSize: 10 })) sizes.push(batch.length);
    };
    await scene.deadline.within(reading(), 'a read to end');
    assert.ok(Math.max(...sizes) <= 10, `a batch held ${Math.max(...sizes)} events where 10 were asked for at most`);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      messages.length,
    );
  }),

  promise('a read of some types gives only those', async (scene) => {
    const messages = ['a.v1', 'b.v1', 'a.v2', 'c.v1', 'b.v1'].map((type) => sampleMessage({ type }));
    await scene.publish(messages);
    const wanted = messages.filter(({ type }) => type === 'b.v1' || type === 'a.v2');
    assertInOrder(await scene.read({ types: ['b.v1', 'a.v2'] }), wanted, 'the types');
  }),

  promise('a read of some fields gives only those', async (scene) => {
    const fields = { name: '"Ada"', product: '7', time: '"now"' };
    const [message] = await scene.append(1, { fields, personal: ['name'] });
    const [event] = await scene.read({ fields: ['product', 'name', 'unknown'] });
    assert.equal(messageOf(event).id, message?.id);
    assertFields(messageOf(event), { fields: { name: '"Ada"', product: '7' } });
    const [bare] = await scene.read({ fields: [] });
    assertFields(messageOf(bare), { fields: {} });
  }),

  promise(
    'a read by ids gives just these events in the order asked for',
    async (scene) => {
      const messages = sampleMessages(5);
      await scene.publish(messages);
      const [a, , c, , e] = messages;
      const asked = [e, a, c].map((message) => message ?? sampleMessage());
      const ids = asked.flatMap(({ id }) => [id, sampleMessage().id]);
      assertInOrder(await scene.read({ ids }), asked, 'the ids');
    },
    'readById',
  ),

  promise(
    'a read by key gives just its events in order',
    async (scene) => {
      const messages = Array.from({ length: 9 }, (_, i) => sampleMessage({ key: `key {${i % 3}}` }));
      await scene.publish(messages);
      const own = messages.filter(({ key }) => key === 'key {1}');
      assertInOrder(await scene.read({ key: 'key {1}' }), own, 'the key');
      assertInOrder(await scene.read({ key: 'key' }), [], 'a key that has no event');
    },
    'readByKey',
  ),

  promise('a read that follows goes on with what is appended later, each event once and in order', async (scene) => {
    const before = await scene.append(7);
    const follower = new Follower(scene, { batchSize: 3 });
    await follower.until(7);
    const later = [...(await scene.append(4)), ...(await scene.append(1)), ...(await scene.append(5))];
    await follower.until(17);
    assertInOrder(follower.events, [...before, ...later], 'what was followed');
    await follower.stop();
  }),

  promise('a read that follows says with an empty batch that everything there was has been read', async (scene) => {
    const empty = new Follower(scene);
    await empty.caughtUp(1);
    await empty.stop();
    await scene.append(5);
    const follower = new Follower(scene);
    await follower.caughtUp(1);
    assert.equal(follower.eventsBeforeCaughtUp, 5, 'events that came before the first empty batch');
    await scene.append(1);
    await follower.caughtUp(2);
    assert.equal(follower.eventsBeforeCaughtUp, 6, 'events that came before the second empty batch');
    await follower.stop();
  }),

  promise('a read that follows begins behind a position, and gives only the types asked for', async (scene) => {
    const [first, ...others] = ['a.v1', 'b.v1', 'a.v1', 'b.v1'].map((type) => sampleMessage({ type }));
    const [published] = await scene.publish([first ?? sampleMessage(), ...others]);
    const follower = new Follower(scene, { types: ['a.v1'], after: published ? [published.position] : [] });
    await follower.until(1);
    const later = ['b.v1', 'a.v1'].map((type) => sampleMessage({ type }));
    await scene.publish(later);
    await follower.until(2);
    const wanted = [...others, ...later].filter(({ type }) => type === 'a.v1');
    assertInOrder(follower.events, wanted, 'the types');
    await follower.stop();
  }),

  promise('a read that follows ends when its signal fires', async (scene) => {
    await scene.append(3);
    const follower = new Follower(scene);
    await follower.until(3);
    await follower.stop();
    const fired: ReadOptions = { stream: scene.stream, follow: AbortSignal.abort() };
    for await (const batch of scene.channel.read(fired)) assert.equal(batch.length, 0, 'events after the signal');
  }),

  promise('a read that follows is refused together with an end', async (scene) => {
    const [published] = await scene.publish([sampleMessage()]);
    const until = published ? [published.position] : [];
    await assertRefused(scene.read({ follow: AbortSignal.abort(), until }), 'EB_ARGUMENT', 'EB_UNSUPPORTED');
    await assertRefused(scene.read({ follow: AbortSignal.abort(), ids: [] }), 'EB_ARGUMENT', 'EB_UNSUPPORTED');
  }),
];
