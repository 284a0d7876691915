import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DeadLetterReason, Message } from '../../core/index.js';
import { assertInOrder, idsOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage } from './sample-message.js';
import type { Scene } from './scene.js';

const OLD = 'old.v1';
const NEW = 'new.v1';
const UNHANDLED: DeadLetterReason = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'no handler here', attempts: 0 };

/** What a channel promises about events that only some consumers of a group handle. */
export const unknownTypePromises = [
  promise('an event that no member of its group handles ends without a trace', async (scene) => {
    await meetUnhandled(scene, sampleMessage({ type: NEW }));
    assert.deepEqual(await scene.letters(), []);
    const last = sampleMessage({ type: OLD });
    await scene.publish([last]);
    assertInOrder(await scene.listen({ types: [OLD] }).takeUntil(last), [last], 'what comes after that');
  }),

  promise('an event that another member of its group handles is set aside by one that does not', async (scene) => {
    await knowNew(scene);
    const message = sampleMessage({ type: NEW });
    await meetUnhandled(scene, message);
    const [letter, ...others] = await scene.letters();
    const { kind, code, attempts, eventId, type } = letter ?? {};
    assert.deepEqual(
      { kind, code, attempts, eventId, type },
      { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', attempts: 0, eventId: message.id, type: NEW },
    );
    assert.equal(others.length, 0, 'how many others were set aside');
  }),

  promise('what another group handles is nothing to a group', async (scene) => {
    await scene.publish([sampleMessage({ type: NEW })]);
    const other = scene.listen({ group: 'other', types: [OLD, NEW] });
    await other.settle(await other.take(1));
    await meetUnhandled(scene, sampleMessage({ type: NEW }), 1);
    assert.deepEqual(await scene.letters(), []);
  }),

  promise('a dead letter of an unknown type goes to a consumer that handles it, and to no other', async (scene) => {
    await knowNew(scene);
    const message = sampleMessage({ type: NEW });
    await meetUnhandled(scene, message);
    const last = sampleMessage({ type: OLD });
    await scene.publish([last]);
    const old = scene.listen({ types: [OLD] });
    const seen = await old.takeUntil(last);
    assertInOrder(seen, [last], 'what comes to a consumer that does not handle the type');
    await old.settle(seen);
    await old.close();
    assert.equal((await scene.letters()).length, 1, 'how many are set aside');
    const [delivery] = await scene.listen({ types: [OLD, NEW] }).takeAll([message]);
    assertInOrder(delivery ? [delivery] : [], [message], 'what comes to a consumer that handles the type');
    assert.ok(!delivery?.fieldsOmitted, 'the fields were left out');
    assert.ok(
      !scene.channel.supports.attempts || delivery?.past?.redriven,
      'whether it says that it was a dead letter',
    );
    assert.deepEqual(await scene.letters(), []);
  }),

  promise('a dead letter of an unknown type goes to a consumer that reads already', async (scene) => {
    const message = sampleMessage({ type: NEW });
    await scene.publish([message]);
    const old = scene.listen({ types: [OLD] });
    const held = await old.take(1);
    const newer = scene.listen({ types: [OLD, NEW] });
    const heard: string[] = [];
    newer.each((deliveries) => Promise.resolve(void heard.push(...idsOf(deliveries)))).catch(() => undefined);
    const hears = async () => {
      await scene.append(1, { type: OLD, key: randomUUID() });
      return heard.length > 0;
    };
    await scene.until(hears, 'the second consumer to read');
    await old.settle(held, { deadLetter: UNHANDLED });
    await old.close();
    await scene.until(() => heard.includes(message.id), 'the event to come to a consumer that handles the type');
  }),
];

/** Lets the group know a member that handles the new type. */
async function knowNew(scene: Scene): Promise<void> {
  const newer = scene.listen({ types: [OLD, NEW] });
  await scene.append(1, { type: OLD });
  await newer.settle(await newer.take(1));
  await newer.close();
}

/** Has a consumer that handles only the old type settle an event, and others before it. */
async function meetUnhandled(scene: Scene, message: Message, before = 0): Promise<void> {
  await scene.publish([message]);
  const old = scene.listen({ types: [OLD] });
  const delivered = await old.take(before + 1);
  assert.deepEqual(await old.settle(delivered, { unhandled: UNHANDLED }), [], 'settlements that were lost');
  await old.close();
}
