import assert from 'node:assert/strict';
import type { DeadLetter, DeadLetterReason } from '../../core/index.js';
import { assertAsPublished, assertInOrder, assertSame, idsOf, messageOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage } from './sample-message.js';
import { GROUP, type Scene } from './scene.js';

const FAILED: DeadLetterReason = {
  kind: 'failed',
  code: 'TypeError',
  error: 'TypeError: "x" is not a function; żółć\nsecond line',
  stack: '    at handle (file.ts:1:2)\n    at run (file.ts:3:4)',
  attempts: 4,
};
const UNKNOWN: DeadLetterReason = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'nobody knows it', attempts: 0 };

/** What a channel promises about events that were set aside. */
export const deadLetterPromises = [
  promise(
    'a dead letter is listed with its event and every reason, and its event does not come again',
    async (scene) => {
      const { stream } = scene;
      const messages = await scene.append(3, { key: 'the-key' });
      const listener = scene.listen({ batchSize: 3 });
      const delivered = await listener.take(3);
      assert.deepEqual(await listener.settle(delivered.slice(0, 1), { deadLetter: FAILED }), []);
      assert.deepEqual(await listener.settle(delivered.slice(1, 2), { deadLetter: UNKNOWN }), []);
      await listener.close();
      const letters = await scene.channel.admin.deadLetters.list(stream, GROUP);
      assert.equal(letters.length, 2, 'how many letters are listed');
      [FAILED, UNKNOWN].forEach((reason, i) => {
        const { id, time, ...letter } = letters[i] as DeadLetter;
        const { id: eventId, type } = messageOf(delivered[i]);
        const { position } = delivered[i] ?? {};
        assert.deepEqual(
          { stack: undefined, ...letter },
          { stack: undefined, ...reason, stream, group: GROUP, position, eventId, type, key: 'the-key' },
        );
        assert.ok(id !== '' && Number.isSafeInteger(time) && time > 0, 'its id and time');
      });
      const last = sampleMessage();
      await scene.publish([last]);
      const rest = [...messages.slice(2), last];
      assertSame(await scene.listen().takeAll(rest), rest, 'what comes again');
    },
  ),

  promise('a dead letter is shown with its event', async (scene) => {
    const { deadLetters } = scene.channel.admin;
    const [letter] = await setAside(scene, 1);
    const message = messageOf((await scene.read())[0]);
    const shown = await deadLetters.show(scene.stream, GROUP, letter?.id ?? '');
    assert.deepEqual(shown?.letter, letter);
    assertAsPublished(messageOf(shown?.event), message);
    await deadLetters.remove(scene.stream, GROUP, [letter?.id ?? '']);
    assert.equal(await deadLetters.show(scene.stream, GROUP, letter?.id ?? ''), undefined);
  }),

  promise('dead letters are listed in pages', async (scene) => {
    const letters = await setAside(scene, 5);
    const paged: DeadLetter[] = [];
    for (let after: string | undefined; paged.length < 5; after = paged.at(-1)?.id) {
      const page = await scene.channel.admin.deadLetters.list(scene.stream, GROUP, { after, limit: 2 });
      assert.ok(page.length > 0 && page.length <= 2, `a page holds ${page.length} letters where 2 were asked for`);
      paged.push(...page);
    }
    assert.deepEqual(paged, letters);
  }),

  promise('a dead letter that is redriven comes again, once', async (scene) => {
    const { deadLetters } = scene.channel.admin;
    const letters = await setAside(scene, 3);
    const ids = letters.slice(0, 2).map(({ id }) => id);
    const listener = scene.listen();
    assert.equal(await deadLetters.redrive(scene.stream, GROUP, ids), 2, 'how many were found');
    assert.equal(await deadLetters.redrive(scene.stream, GROUP, ids), 0, 'how many were found the second time');
    const again = await listener.take(2);
    assert.deepEqual(new Set(idsOf(again)), new Set(letters.slice(0, 2).map(({ eventId }) => eventId)));
    assert.deepEqual(await listener.settle(again), [], 'settlements that were lost');
    assert.deepEqual(await deadLetters.list(scene.stream, GROUP), letters.slice(2));
    await listener.close();
    const last = sampleMessage();
    await scene.publish([last]);
    assertInOrder(await scene.listen().takeUntil(last), [last], 'what comes after that');
  }),

  promise('a dead letter that is removed is gone, and its event does not come again', async (scene) => {
    const { deadLetters } = scene.channel.admin;
    const letters = await setAside(scene, 3);
    const ids = letters.slice(1).map(({ id }) => id);
    assert.equal(await deadLetters.remove(scene.stream, GROUP, ids), 2, 'how many were removed');
    assert.equal(await deadLetters.remove(scene.stream, GROUP, ids), 0, 'how many were removed the second time');
    assert.deepEqual(await deadLetters.list(scene.stream, GROUP), letters.slice(0, 1));
    const last = sampleMessage();
    await scene.publish([last]);
    assertInOrder(await scene.listen().takeUntil(last), [last], 'what comes after that');
  }),

  promise('a dead letter belongs to its group alone', async (scene) => {
    await setAside(scene, 2);
    const messages = await scene.read();
    assertInOrder(await scene.listen({ group: 'other' }).take(2), messages, 'the other group');
    assert.deepEqual(await scene.channel.admin.deadLetters.list(scene.stream, 'other'), []);
    assert.equal((await scene.channel.admin.deadLetters.list(scene.stream, GROUP)).length, 2);
  }),
];

/** Appends events and sets all of them aside. */
async function setAside(scene: Scene, count: number): Promise<readonly DeadLetter[]> {
  await scene.append(count);
  const listener = scene.listen();
  await listener.settle(await listener.take(count), { deadLetter: FAILED });
  await listener.close();
  const letters = await scene.channel.admin.deadLetters.list(scene.stream, GROUP);
  assert.equal(letters.length, count, 'how many letters are listed');
  return letters;
}
