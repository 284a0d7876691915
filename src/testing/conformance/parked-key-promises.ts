import assert from 'node:assert/strict';
import type { DeadLetter, DeadLetterReason, Message } from '../../core/index.js';
import { assertAsPublished, assertInOrder, messageOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';
import { GROUP, type Scene } from './scene.js';

const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 3 };
const KEY = 'the parked one';

/** What a channel promises about keys whose events stand aside behind one that failed. */
export const parkedKeyPromises = [
  promise(
    'later events of a parked key are set aside, and those of other keys come',
    async (scene) => {
      const [failing, ...later] = sampleMessages(3, { key: KEY }) as [Message, ...Message[]];
      const consumer = scene.listen({ batchSize: 1, parkKeys: true });
      await scene.publish([failing]);
      await consumer.settle(await consumer.take(1), { deadLetter: FAILED, park: true });
      const others = sampleMessages(2, { key: 'another' });
      await scene.publish(later);
      await scene.publish(others);
      const heard = consumer.takeAll(others);
      await scene.until(async () => (await scene.letters()).length >= 3, 'the later ones to be set aside');
      assertInOrder(await heard, others, 'what comes');
      const letters = await scene.letters();
      assertAside(letters, [failing, ...later]);
      assert.deepEqual(
        letters.map(({ kind }) => kind),
        ['failed', 'parked', 'parked'],
      );
      const { code, attempts } = letters[1] as DeadLetter;
      assert.deepEqual({ code, attempts }, { code: 'EB_PARKED', attempts: 0 });
      const { parkedKeys, deadLetters } = await scene.state();
      assert.deepEqual({ parkedKeys, deadLetters }, { parkedKeys: 1, deadLetters: 3 });
      const shown = await scene.channel.admin.deadLetters.show(scene.stream, GROUP, letters[2]?.id ?? '');
      assertAsPublished(messageOf(shown?.event), later[1] as Message);
    },
    'parkByKey',
  ),

  promise(
    'a key is parked for consumers to come, in its own group',
    async (scene) => {
      const [failing, ...later] = await parked(scene, 2);
      const messages = [failing as Message, ...later];
      assertInOrder(await scene.listen({ group: 'other', parkKeys: true }).take(3), messages, 'the other group');
      assertAside(await scene.letters(), messages);
    },
    'parkByKey',
  ),

  promise(
    'a dead letter that does not park its key lets later events come',
    async (scene) => {
      const [failing, later] = sampleMessages(2, { key: KEY }) as [Message, Message];
      const consumer = scene.listen({ batchSize: 1, parkKeys: true });
      await scene.publish([failing]);
      await consumer.settle(await consumer.take(1), { deadLetter: FAILED });
      await scene.publish([later]);
      assertInOrder(await consumer.take(1), [later], 'what comes');
      assert.equal((await scene.state()).parkedKeys, 0, 'how many keys are parked');
    },
    'parkByKey',
  ),

  promise(
    'redriving one dead letter of a parked key hands all of them out in order, before its newer events',
    async (scene) => {
      const messages = [...(await parked(scene, 2)), ...sampleMessages(2, { key: KEY })];
      await scene.publish(messages.slice(3, 4));
      const { deadLetters } = scene.channel.admin;
      const [, second] = await scene.letters();
      assert.ok((await deadLetters.redrive(scene.stream, GROUP, [second?.id ?? ''])) > 0, 'how many were found');
      await scene.publish(messages.slice(4));
      const consumer = scene.listen({ batchSize: 2, parkKeys: true });
      const delivered = await consumer.take(5);
      assertInOrder(delivered, messages, 'the key');
      if (scene.channel.supports.attempts) {
        const redriven = delivered.map(({ past }) => past?.redriven ?? false);
        assert.deepEqual(redriven, [true, true, true, false, false], 'which ones say that they were dead letters');
      }
      await consumer.settle(delivered);
      assert.deepEqual(await scene.letters(), []);
      assert.equal((await scene.state()).parkedKeys, 0, 'how many keys are parked');
    },
    'parkByKey',
  ),

  promise(
    'removing the last dead letter of a parked key lets it go on, and not before',
    async (scene) => {
      const { deadLetters } = scene.channel.admin;
      const messages = await parked(scene, 2);
      const [first, ...others] = (await scene.letters()).map(({ id }) => id);
      await deadLetters.remove(scene.stream, GROUP, first === undefined ? [] : [first]);
      const consumer = scene.listen({ batchSize: 1, parkKeys: true });
      const last = sampleMessage();
      const [behind, after] = sampleMessages(2, { key: KEY }) as [Message, Message];
      await scene.publish([behind]);
      await scene.publish([last]);
      assertInOrder(await consumer.takeUntil(last), [last], 'what comes while letters are left');
      await scene.until(async () => (await scene.letters()).length === 3, 'the newest one to be set aside');
      assertAside(await scene.letters(), [...messages.slice(1), behind]);
      const [newest] = (await scene.letters()).slice(-1);
      await deadLetters.remove(scene.stream, GROUP, [...others, newest?.id ?? '']);
      await scene.publish([after]);
      assertInOrder(await consumer.takeUntil(after), [after], 'what comes when none is left');
    },
    'parkByKey',
  ),
];

/** Parks a key behind its first event; the later ones come when nobody reads, and are read afterwards. */
async function parked(scene: Scene, later: number): Promise<readonly Message[]> {
  const messages = sampleMessages(1 + later, { key: KEY });
  await scene.publish(messages.slice(0, 1));
  const first = scene.listen({ parkKeys: true });
  await first.settle(await first.take(1), { deadLetter: FAILED, park: true });
  await first.close();
  await scene.publish(messages.slice(1));
  const second = scene.listen({ parkKeys: true });
  const reading = second.each((deliveries) => {
    assert.equal(deliveries.length, 0, 'how many events of the parked key came');
    return Promise.resolve();
  });
  reading.catch(() => undefined);
  await scene.until(async () => (await scene.letters()).length > later, 'the later ones to be set aside');
  await second.close();
  await reading;
  return messages;
}

function assertAside(letters: readonly DeadLetter[], messages: readonly Message[]): void {
  assert.deepEqual(
    letters.map(({ eventId, key }) => ({ eventId, key })),
    messages.map(({ id, key }) => ({ eventId: id, key })),
  );
}
