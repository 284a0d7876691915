import assert from 'node:assert/strict';
import type { DeadLetterReason, Delivery, DeliveryPast } from '../../core/index.js';
import { promise } from './promise.js';
import { sampleMessagesOfKeys } from './sample-message.js';

const FAILED: DeadLetterReason = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 3 };

/** What a channel promises to remember about events that are not settled yet. */
export const attemptPromises = [
  promise(
    'failures of an event are remembered by its group, and by no other event',
    async (scene) => {
      await scene.append(2);
      const past = async (count: number) => {
        const listener = scene.listen({ batchSize: 2 }, await scene.open());
        const [failing, other] = await listener.take(2);
        assert.equal(other?.past, undefined, 'what is remembered of an event that never failed');
        for (let i = 0; i < count; i += 1) await listener.record(failing ? [failing] : [], 'failure');
        await listener.close();
        return failing?.past;
      };
      assert.equal(await past(2), undefined, 'what is remembered of an event that comes for the first time');
      assert.deepEqual(await past(1), pastOf({ failures: 2 }));
      assert.deepEqual(await past(0), pastOf({ failures: 3 }));
      const [elsewhere] = await scene.listen({ group: 'other' }).take(2);
      assert.equal(elsewhere?.past, undefined, 'what another group remembers');
    },
    'attempts',
  ),

  promise(
    'a start is taken back when its event is given back, and failures are not',
    async (scene) => {
      await scene.append(2);
      const first = scene.listen({ batchSize: 2 });
      const [one, other] = (await first.take(2)) as [Delivery, Delivery];
      await first.record([one, other], 'start');
      await first.record([other], 'failure');
      await first.close();
      const pasts = (await scene.listen({ batchSize: 2 }).take(2)).map(({ past }) => past ?? pastOf({}));
      assert.deepEqual(pasts, [pastOf({}), pastOf({ failures: 1 })]);
    },
    'attempts',
  ),

  promise(
    'a redriven event says that it was a dead letter, and begins anew',
    async (scene) => {
      await scene.append(1);
      const first = scene.listen();
      const delivered = await first.take(1);
      await first.record(delivered, 'start');
      await first.record(delivered, 'failure');
      await first.settle(delivered, { deadLetter: FAILED });
      await first.close();
      const ids = (await scene.letters()).map(({ id }) => id);
      await scene.channel.admin.deadLetters.redrive(scene.stream, 'group', ids);
      const second = scene.listen();
      const [again] = (await second.take(1)) as [Delivery];
      assert.deepEqual(again.past, pastOf({ redriven: true }));
      await second.record([again], 'failure');
      await second.close();
      const [third] = await scene.listen().take(1);
      assert.deepEqual(third?.past, pastOf({ redriven: true, failures: 1 }));
    },
    'attempts',
  ),

  promise(
    'a consumer that no longer owns an event cannot record anything about it',
    async (scene) => {
      await scene.append(1);
      const first = scene.listen();
      const delivered = await first.take(1);
      await first.close();
      const second = scene.listen();
      await second.take(1);
      await first.record(delivered, 'failure').catch(() => undefined);
      await first.record(delivered, 'start').catch(() => undefined);
      await second.close();
      const [again] = await scene.listen().take(1);
      assert.deepEqual(again?.past ?? pastOf({}), pastOf({}));
    },
    'attempts',
  ),

  promise(
    'the state of a group counts the pending events that have failed before',
    async (scene) => {
      await scene.publish(sampleMessagesOfKeys(4, 4));
      const listener = scene.listen({ batchSize: 4 });
      const delivered = await listener.take(4);
      await listener.record(delivered.slice(0, 3), 'failure');
      await listener.record(delivered.slice(0, 1), 'failure');
      await listener.record(delivered.slice(3), 'start');
      assert.equal((await scene.state()).retrying, 3, 'how many have failed before');
      await listener.settle(delivered.slice(0, 1));
      await listener.settle(delivered.slice(1, 2), { deadLetter: FAILED });
      assert.equal((await scene.state()).retrying, 1, 'how many of those are left');
    },
    'attempts',
  ),
];

function pastOf(past: Partial<DeliveryPast>): DeliveryPast {
  return { failures: 0, crashes: 0, redriven: false, ...past };
}
