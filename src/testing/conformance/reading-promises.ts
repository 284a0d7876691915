import assert from 'node:assert/strict';
import { comparePositions, type Published, type ReadEvent, type ReadOptions } from '../../core/index.js';
import { assertFields, assertInOrder, assertRefused, messageOf } from './expectations.js';
import { Follower } from './follower.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';
import type { Scene } from './scene.js';

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

  promise(
    'a read by key honours positions, types and fields',
    async (scene) => {
      const like = (i: number) => ({ key: i % 2 === 0 ? 'even' : 'odd', type: i % 3 === 0 ? 'a.v1' : 'b.v1' });
      const messages = Array.from({ length: 12 }, (_, i) => sampleMessage(like(i)));
      const positions = (await scene.publish(messages)).map(({ position }) => position);
      const own = (from: number, to: number) => messages.slice(from, to).filter(({ key }) => key === 'even');
      const [third, ninth] = [positions.slice(2, 3), positions.slice(8, 9)];
      const read = (options: Partial<ReadOptions>) => scene.read({ key: 'even', batchSize: 2, ...options });
      assertInOrder(await read({ after: third }), own(3, 12), 'the key behind a position');
      assertInOrder(await read({ after: third, until: ninth }), own(3, 9), 'the key between two positions');
      const rare = own(0, 12).filter(({ type }) => type === 'a.v1');
      assertInOrder(await read({ types: ['a.v1'] }), rare, 'some types of the key');
      const [bare] = await read({ fields: [] });
      assertFields(messageOf(bare), { fields: {} });
    },
    'readByKey',
  ),

  promise(
    'a read by key gives what was appended by others, and no more of what was trimmed',
    async (scene) => {
      const other = await scene.open();
      const messages = Array.from({ length: 8 }, (_, i) => sampleMessage({ key: `key-${i % 2}` }));
      const published: Published[] = [];
      for (const [i, message] of messages.entries()) {
        const append = (i < 4 ? scene.channel : other).publish(scene.stream, [message]);
        published.push(...(await scene.deadline.within(append, 'an append')));
      }
      const own = messages.filter(({ key }) => key === 'key-1');
      assertInOrder(await scene.read({ key: 'key-1' }), own, 'the key');
      const until = published.slice(3, 4).map(({ position }) => position);
      await scene.deadline.within(scene.channel.admin.trim(scene.stream, { until }), 'a trim');
      assertInOrder(await scene.read({ key: 'key-1' }), own.slice(2), 'the key after a trim');
    },
    'readByKey',
    'trim',
  ),

  promise(
    'a read gives each event the position that its append returned, and just that one is found there',
    async (scene) => {
      const messages = sampleMessages(6);
      const published = await scene.publish(messages);
      const events = await scene.read();
      for (const [i, { position }] of published.entries()) {
        assert.deepEqual(events[i]?.position, position, `the position of event ${i + 1}`);
        const before = published[i - 1]?.position;
        const range = { ...(before && { after: [before] }), until: [position] };
        assertInOrder(await scene.read(range), messages.slice(i, i + 1), `what stands at position ${i + 1}`);
        if (before) assert.ok(comparePositions(before, position) < 0, 'a position does not lie behind the one before');
      }
    },
  ),

  promise(
    'a read between two times gives what was stored from the first on and before the second, exactly',
    async (scene) => {
      const all = await spread(scene, 3);
      const times = [...new Set(all.map(({ appendedAt }) => appendedAt))];
      for (const [i, fromMs] of times.entries()) {
        const later = all.filter(({ appendedAt }) => appendedAt >= fromMs);
        assertInOrder(await scene.read({ fromMs }), later, 'from a time on');
        for (const untilMs of times.slice(i + 1)) {
          const inside = later.filter(({ appendedAt }) => appendedAt < untilMs);
          assertInOrder(await scene.read({ fromMs, untilMs, batchSize: 2 }), inside, 'between two times');
        }
      }
      const [first = NaN] = times;
      assertInOrder(await scene.read({ untilMs: first }), [], 'before the first event');
      assertInOrder(await scene.read({ fromMs: (times.at(-1) ?? NaN) + 1 }), [], 'after the last event');
      const [{ position }] = all.slice(1) as [ReadEvent];
      assertInOrder(await scene.read({ after: [position], fromMs: first }), all.slice(2), 'a position and a time');
    },
  ),

  promise('reads of two times that touch share no event and miss none', async (scene) => {
    const all = await spread(scene, 4);
    const times = [...new Set(all.map(({ appendedAt }) => appendedAt)), Infinity];
    const windows: ReadEvent[] = [];
    for (const [i, untilMs] of times.entries()) {
      windows.push(...(await scene.read({ fromMs: times[i - 1] ?? 0, ...(untilMs < Infinity && { untilMs }) })));
    }
    assertInOrder(windows, all, 'one window behind the other');
  }),

  promise(
    'a read fetches what lies ahead when it is asked for, and not before',
    async (scene) => {
      const messages = await scene.append(200, { fields: { name: '"Ada"' }, personal: ['name'] });
      const last = messages.at(-1)?.id ?? '';
      const seen: ReadEvent[] = [];
      const reading = async () => {
        for await (const batch of scene.channel.read({ stream: scene.stream, batchSize: 10 })) {
          if (seen.length === 0) await scene.channel.admin.erase(scene.stream, [last], ['name']);
          seen.push(...batch);
        }
      };
      await scene.deadline.within(reading(), 'a read to end');
      assertInOrder(seen, messages, 'what was read slowly');
      assertFields(messageOf(seen.at(-1)), { fields: {} });
    },
    'erase',
  ),

  promise('a read that is left early ends, and the next one begins anew', async (scene) => {
    const messages = await scene.append(30);
    for (let i = 0; i < 3; i += 1) {
      const leaving = async () => {
        for await (const batch of scene.channel.read({ stream: scene.stream, batchSize: 5 })) return batch;
        return [];
      };
      assertInOrder(
        await scene.deadline.within(leaving(), 'a read to be left'),
        messages.slice(0, 5),
        'the first batch',
      );
    }
  }),

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

  promise('a read that follows begins at a time', async (scene) => {
    const all = await spread(scene, 4);
    const fromMs = all[2]?.appendedAt ?? NaN;
    const wanted = all.filter(({ appendedAt }) => appendedAt >= fromMs);
    const follower = new Follower(scene, { fromMs });
    await follower.caughtUp(1);
    const later = await scene.append(2, { key: 'spread' });
    await follower.until(wanted.length + 2);
    assertInOrder(follower.events, [...wanted, ...later], 'what was followed from a time on');
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
    await assertRefused(scene.read({ follow: AbortSignal.abort(), untilMs: 1 }), 'EB_ARGUMENT');
    await assertRefused(scene.read({ follow: AbortSignal.abort(), ids: [] }), 'EB_ARGUMENT', 'EB_UNSUPPORTED');
  }),
];

/** Appends events of several times, as far as the clock of this machine is the server's, and reads them. */
async function spread(scene: Scene, count: number): Promise<readonly ReadEvent[]> {
  for (let i = 0; i < count; i += 1) {
    await scene.append(2, { key: 'spread' });
    const now = Date.now();
    await scene.until(() => Date.now() > now + 1, 'the clock to go on');
  }
  return scene.read();
}
