import assert from 'node:assert/strict';
import { assertFields, assertInOrder, messageOf } from './expectations.js';
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
];
