import assert from 'node:assert/strict';
import type { Checkpoint, Fields, GroupState, Message, Position } from '../../core/index.js';
import { assertFields, assertInOrder, messageOf } from './expectations.js';
import { offered } from './offered.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages } from './sample-message.js';
import { GROUP } from './scene.js';

/** What a channel promises to operators. A member that a channel does not offer must say so. */
export const adminPromises = [
  promise(
    'a group that is reset to the beginning gets everything again, and its consumers lose what they held',
    (scene) =>
      offered(async () => {
        const messages = await scene.append(4);
        const before = scene.listen({ batchSize: 3 });
        const held = await before.take(3);
        await before.settle(held.slice(0, 1));
        await scene.channel.admin.reset(scene.stream, GROUP, 'beginning');
        assert.deepEqual(await before.settle(held.slice(1)), held.slice(1), 'what the consumer no longer owned');
        await before.close();
        assertInOrder(await scene.listen().take(4), messages, 'the group');
      }),
  ),

  promise('a group that is reset to the end or to a position goes on behind it', (scene) =>
    offered(async () => {
      const { admin } = scene.channel;
      const messages = sampleMessages(5);
      const published = await scene.publish(messages);
      const first = scene.listen({ batchSize: 1 });
      await first.settle(await first.take(1));
      await first.close();
      await admin.reset(scene.stream, GROUP, 'end');
      const last = sampleMessage();
      await scene.publish([last]);
      const second = scene.listen();
      const delivered = await second.take(1);
      await second.settle(delivered);
      assertInOrder(delivered, [last], 'after a reset to the end');
      await second.close();
      await admin.reset(
        scene.stream,
        GROUP,
        published.slice(2, 3).map(({ position }) => position),
      );
      assertInOrder(await scene.listen().take(3), [...messages.slice(3), last], 'after a reset to the third');
    }),
  ),

  promise('the state of a group counts its pending events and its dead letters', (scene) =>
    offered(async () => {
      const { admin } = scene.channel;
      assert.equal(await admin.state(scene.stream, 'nobody'), undefined, 'a group that does not exist');
      const published = await scene.publish(sampleMessages(5));
      const listener = scene.listen({ batchSize: 5 });
      const delivered = await listener.take(5);
      assert.equal((await admin.state(scene.stream, GROUP))?.pending, 5, 'pending before');
      await listener.settle(delivered.slice(0, 3));
      await listener.settle(delivered.slice(3), {
        deadLetter: { kind: 'failed', code: 'Error', error: 'Error: x', attempts: 1 },
      });
      const state = await admin.state(scene.stream, GROUP);
      assert.ok(state, 'there is no state of the group');
      const { group, pending, deadLetters, delivered: last, lag } = state;
      assert.deepEqual({ group, pending, deadLetters }, { group: GROUP, pending: 0, deadLetters: 2 });
      assert.deepEqual(
        ofPartition(last, published[4]?.position),
        published[4]?.position,
        'the last position handed out',
      );
      assert.ok(lag === 0 || lag === undefined, 'the lag');
      // For how long a consumer has been idle is another time by now.
      const told = (group: GroupState) => ({ ...group, members: undefined });
      assert.deepEqual((await admin.groups(scene.stream)).map(told), [told(state)], 'the groups of the stream');
    }),
  ),

  promise('the state of a group says since when its oldest events wait, and since when they are in work', (scene) =>
    offered(async () => {
      const first = scene.listen();
      await scene.append(1);
      await first.settle(await first.take(1));
      await first.close();
      for (let i = 0; i < 3; i += 1) await scene.append(1);
      const [, second, third] = (await scene.read()).map(({ appendedAt }) => appendedAt);
      const { oldestWaitingAt, oldestPendingAt, lag } = await scene.state();
      if (lag !== undefined) assert.equal(oldestWaitingAt, second, 'since when the oldest waits');
      assert.equal(oldestPendingAt, undefined, 'since when the oldest is in work while none is');
      const listener = scene.listen();
      const delivered = await listener.take(3);
      assert.equal((await scene.state()).oldestWaitingAt, undefined, 'since when the oldest waits while none does');
      assert.equal((await scene.state()).oldestPendingAt, second, 'since when the oldest is in work');
      await listener.settle(delivered.slice(0, 1));
      assert.equal((await scene.state()).oldestPendingAt, third, 'since when the next one is in work');
      await listener.settle(delivered.slice(1));
      assert.equal((await scene.state()).oldestPendingAt, undefined, 'since when the oldest is in work at last');
    }),
  ),

  promise(
    'erasing removes the personal fields of an event, or the named ones, and leaves the event',
    async (scene) => {
      const { admin } = scene.channel;
      const fields = { name: '"Ada"', email: '"a@b.c"', product: '7' };
      const [one, other, untouched] = sampleMessages(3, { fields, personal: ['name', 'email'] });
      await scene.publish([one, other, untouched].map((message) => message ?? sampleMessage()));
      const ids = [one?.id ?? '', sampleMessage().id];
      assert.equal(await admin.erase(scene.stream, ids), 1, 'how many events were touched');
      assert.equal(await admin.erase(scene.stream, [other?.id ?? ''], ['email', 'product']), 1);
      const left: readonly Fields[] = [{ product: '7' }, { name: '"Ada"' }, fields];
      const delivered = await scene.listen().take(3);
      const read = await scene.read();
      for (const [i, expected] of left.entries()) {
        assertFields(messageOf(delivered[i]), { fields: expected });
        assertFields(messageOf(read[i]), { fields: expected });
      }
    },
    'erase',
  ),

  promise(
    'an erased field is named in `erased`',
    async (scene) => {
      const { admin } = scene.channel;
      const fields = { name: '"Ada"', email: '"a@b.c"', product: '7' };
      const messages = sampleMessages(3, { fields, personal: ['name', 'email'] });
      const [one, other] = messages.map(({ id }) => id);
      await scene.publish(messages);
      await admin.erase(scene.stream, [one ?? '']);
      await admin.erase(scene.stream, [other ?? ''], ['email']);
      await admin.erase(scene.stream, [other ?? ''], ['product']);
      const delivered = await scene.listen().take(3);
      const read = await scene.read();
      for (const [i, expected] of [['email', 'name'], ['email', 'product'], []].entries()) {
        for (const event of [delivered[i], read[i]]) {
          assert.deepEqual([...(messageOf(event).erased ?? [])].sort(), expected, 'the names of the erased fields');
        }
      }
    },
    'erase',
  ),

  promise(
    'appending an erased event again does not bring its personal fields back',
    async (scene) => {
      const message: Message = sampleMessage({ fields: { name: '"Ada"', product: '7' }, personal: ['name'] });
      await scene.publish([message]);
      await scene.channel.admin.erase(scene.stream, [message.id]);
      await scene.publish([message]);
      const read = await scene.read();
      assert.equal(read.length, 1, 'how many events there are');
      assertFields(messageOf(read[0]), { fields: { product: '7' } });
    },
    'erase',
    // Without it the event would stand there twice, the second time as a new one.
    'dedupe',
  ),
];

function ofPartition(checkpoint: Checkpoint, position: Position | undefined): Position | undefined {
  return checkpoint.find(({ partition }) => partition === position?.partition);
}
