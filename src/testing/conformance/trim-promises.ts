import assert from 'node:assert/strict';
import type { DeadLetterReason, TrimLimits } from '../../core/index.js';
import { assertInOrder, assertRefused } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';
import { GROUP, type Scene } from './scene.js';

const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 3 };

/** What a channel promises about events that are removed for good. */
export const trimPromises = [
  promise(
    'trimming removes only what every group has finished',
    async (scene) => {
      const messages = sampleMessages(6);
      const positions = (await scene.publish(messages)).map(({ position }) => position);
      const untilFifth = { until: positions.slice(4, 5) };
      const quick = scene.listen({ group: 'quick' });
      await quick.settle(await quick.take(6));
      const slow = scene.listen({ group: 'slow', batchSize: 3 });
      const [first, second, third] = await slow.take(3);
      await slow.settle([first, third].flatMap((delivery) => delivery ?? []));
      assert.equal(await trim(scene, untilFifth), 1, 'how many were removed while the second is in work');
      assertInOrder(await scene.read(), messages.slice(1), 'what is left');
      await slow.settle(second ? [second] : []);
      const rest = await slow.take(3);
      assertInOrder(rest, messages.slice(3), 'what comes to the slow group');
      await slow.settle(rest);
      assert.equal(await trim(scene, untilFifth), 4, 'how many were removed up to the fifth');
      assertInOrder(await scene.read(), messages.slice(5), 'what is left at last');
    },
    'trim',
  ),

  promise(
    'trimming needs a limit',
    async (scene) => {
      const messages = await scene.append(2);
      await assertRefused(trim(scene, {}), 'EB_ARGUMENT');
      await assertRefused(trim(scene, { force: true }), 'EB_ARGUMENT');
      assertInOrder(await scene.read(), messages, 'what is left');
    },
    'trim',
  ),

  promise(
    'trimming removes what all of its limits let go',
    async (scene) => {
      const messages = sampleMessages(8);
      for (const message of messages) await scene.publish([message]);
      const events = await scene.read();
      const positions = events.map(({ position }) => position);
      const left = async (limits: TrimLimits, count: number, what: string) => {
        await trim(scene, limits);
        assertInOrder(await scene.read(), messages.slice(messages.length - count), what);
      };
      const end = (events[7]?.appendedAt ?? 0) + 1;
      await left({ before: events[0]?.appendedAt ?? 0 }, 8, 'what was stored at a time or later');
      await left({ before: events[0]?.appendedAt ?? 0, keep: 1 }, 8, 'what was stored then, however much may stay');
      await left({ keep: 7, until: positions.slice(7) }, 7, 'the newest seven');
      await left({ keep: 2, until: positions.slice(2, 3), before: end }, 5, 'what lies behind the third');
      await left({ keep: 4, before: end }, 4, 'the newest four');
      await left({ before: end, until: positions.slice(5, 6) }, 2, 'what lies behind the sixth');
      await left({ before: end }, 0, 'what was stored later');
    },
    'trim',
  ),

  promise(
    'trimming leaves what a dead letter refers to, until that is removed',
    async (scene) => {
      const messages = await scene.append(4);
      const listener = scene.listen();
      const delivered = await listener.take(4);
      await listener.settle(delivered.slice(1, 2), { deadLetter: FAILED });
      await listener.settle(delivered.filter((_, i) => i !== 1));
      assert.equal(await trim(scene, { keep: 0 }), 3, 'how many were removed');
      assertInOrder(await scene.read(), messages.slice(1, 2), 'what is left');
      const [letter] = await scene.letters();
      const { deadLetters } = scene.channel.admin;
      const shown = await deadLetters.show(scene.stream, GROUP, letter?.id ?? '');
      assert.equal(shown?.event?.message?.id, messages[1]?.id, 'the event of the dead letter');
      await deadLetters.remove(scene.stream, GROUP, [letter?.id ?? '']);
      assert.equal(await trim(scene, { keep: 0 }), 1, 'how many were removed then');
      assertInOrder(await scene.read(), [], 'what is left at last');
    },
    'trim',
  ),

  promise(
    'a forced trim also removes what groups have not finished, and it is lost to them',
    async (scene) => {
      const messages = sampleMessages(6);
      const positions = (await scene.publish(messages)).map(({ position }) => position);
      const listener = scene.listen({ batchSize: 3 });
      const delivered = await listener.take(3);
      await listener.settle(delivered.slice(0, 1), { deadLetter: FAILED });
      assert.equal(await trim(scene, { until: positions.slice(3, 4), force: true }), 4, 'how many were removed');
      assertInOrder(await scene.read(), messages.slice(4), 'what is left');
      await listener.close();
      const after = scene.listen();
      const last = sampleMessage();
      await scene.publish([last]);
      const rest = await after.takeUntil(last);
      assertInOrder(rest, [...messages.slice(4), last], 'what comes to the group');
      await after.settle(rest);
      const [letter] = await scene.letters();
      assert.equal(letter?.eventId, messages[0]?.id, 'the dead letter');
      const { deadLetters } = scene.channel.admin;
      assert.equal(await deadLetters.redrive(scene.stream, GROUP, [letter?.id ?? '']), 0, 'how many were redriven');
      assert.equal((await scene.letters()).length, 1, 'how many dead letters there are');
    },
    'trim',
  ),

  promise(
    'a trimmed event that is appended again is not stored again',
    async (scene) => {
      const messages = await scene.append(3);
      assert.equal(await trim(scene, { keep: 1 }), 2, 'how many were removed');
      const again = await scene.publish(messages);
      if (!scene.channel.supports.dedupe) return;
      assert.deepEqual(
        again.map(({ duplicate }) => duplicate),
        [true, true, true],
      );
      assertInOrder(await scene.read(), messages.slice(2), 'what is left');
    },
    'trim',
  ),
];

function trim(scene: Scene, limits: TrimLimits): Promise<number> {
  return scene.deadline.within(scene.channel.admin.trim(scene.stream, limits), 'a trim');
}
