import assert from 'node:assert/strict';
import type { Fields, Message } from '../../core/index.js';
import { assertAsPublished, assertFields, messageOf } from './expectations.js';
import { promise } from './promise.js';
import { sampleMessage } from './sample-message.js';
import type { Scene } from './scene.js';

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const TEXT = '"zażółć gęślą jaźń" 漢字 👩‍👩‍👧 \u0000\t\r\n\u2028 end';

/** What a channel promises about what is in an event. */
export const contentPromises = [
  promise('every attribute and every header arrives as it was published', async (scene) => {
    const full = sampleMessage({
      source: 'a-producer',
      type: 'sampleTaken.v12',
      time: Date.UTC(2001, 1, 3, 4, 5, 6, 789),
      key: 'key of it: {ä} *',
      correlationId: 'the-first-one',
      causationId: 'the-one-before',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=value,other=more',
      contentType: 'application/cbor',
      headers: { tenant: 'north', empty: '', 'x.text-1': TEXT },
    });
    await assertKept(scene, full);
    await assertKept(scene, sampleMessage());
  }),

  promise('every byte of a binary field arrives as it was published', async (scene) => {
    const larger = Uint8Array.from([...EVERY_BYTE, ...EVERY_BYTE]);
    const part = larger.subarray(100, 300);
    await assertKept(scene, sampleMessage({ fields: { all: EVERY_BYTE, part, nothing: new Uint8Array() } }));
  }),

  promise('every character of a text field arrives as it was published', async (scene) => {
    await assertKept(scene, sampleMessage({ fields: { text: TEXT, number: '12', nothing: '' } }));
  }),

  promise('a field of 100 KiB arrives whole', async (scene) => {
    const text = 'abcdefgh'.repeat(12_800);
    const bytes = Uint8Array.from({ length: 102_400 }, (_, i) => i % 251);
    await assertKept(scene, sampleMessage({ fields: { text, bytes, small: '1' }, personal: ['bytes'] }));
  }),

  promise('personal fields arrive like the others, and known as personal', async (scene) => {
    const fields = { name: '"Ada"', face: EVERY_BYTE, product: '7' };
    await assertKept(scene, sampleMessage({ fields, personal: ['name', 'face'] }));
    await assertKept(scene, sampleMessage({ fields: { name: '"Ada"' }, personal: ['name'] }));
  }),

  promise('an event without fields arrives', async (scene) => {
    await assertKept(scene, sampleMessage({ fields: {} }));
  }),

  promise('fields may be named like attributes', async (scene) => {
    const names = ['id', 'type', 'key', 'time', 'source', 'partitionkey', 'fields', 'personal', 'headers', 'data'];
    const fields = Object.fromEntries(names.map((name) => [name, `"field ${name}"`]));
    await assertKept(scene, sampleMessage({ fields, personal: ['key', 'data'] }));
  }),

  promise('a reference to a payload store is stored and read back', async (scene) => {
    const fields: Fields = {
      product: '7',
      plan: { store: 'files+archive', size: 7_000_000 },
      face: { store: 'files', size: 0 },
    };
    await scene.publish([sampleMessage({ fields, personal: ['face'] })]);
    const [delivery] = await scene.listen().take(1);
    const [event] = await scene.read();
    const [plan] = await scene.read({ fields: ['plan'] });
    for (const read of [delivery, event]) assert.deepEqual({ ...messageOf(read).fields }, fields);
    assert.deepEqual({ ...messageOf(plan).fields }, { plan: fields['plan'] });
  }),

  promise('what a producer changes after its append does not show', async (scene) => {
    const bytes = Uint8Array.from(EVERY_BYTE);
    await scene.publish([sampleMessage({ fields: { bytes } })]);
    bytes.fill(0);
    const [delivery] = await scene.listen().take(1);
    assertFields(messageOf(delivery), { fields: { bytes: EVERY_BYTE } });
  }),

  promise('a delivery carries the position and the time that every other reader sees', async (scene) => {
    const published = await scene.publish([sampleMessage(), sampleMessage()]);
    const read = await scene.read();
    for (const group of ['one', 'other']) {
      const delivered = await scene.listen({ group }).take(2);
      delivered.forEach(({ position, appendedAt }, i) => {
        assert.deepEqual(position, published[i]?.position);
        assert.deepEqual({ position, appendedAt }, { position: read[i]?.position, appendedAt: read[i]?.appendedAt });
        assert.ok(Number.isSafeInteger(appendedAt) && appendedAt > 0, 'the time of the append is no time');
      });
    }
  }),
];

/** Appends a message and expects it unchanged, in a group and without one. */
async function assertKept(scene: Scene, message: Message): Promise<void> {
  const [published] = await scene.publish([message]);
  assert.ok(published);
  const [delivery] = await scene
    .listen({ group: `group-${message.id}` })
    .takeAll([message])
    .then((all) => all.slice(-1));
  const event = (await scene.read()).find((each) => each.message?.id === message.id);
  assertAsPublished(messageOf(delivery), message);
  assertAsPublished(messageOf(event), message);
}
