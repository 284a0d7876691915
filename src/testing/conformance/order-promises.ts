import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Delivery, Message } from '../../core/index.js';
import { assertInOrder, messageOf } from './expectations.js';
import type { Listener } from './listener.js';
import { promise } from './promise.js';
import { sampleMessage, sampleMessages, sampleMessagesOfKeys } from './sample-message.js';

/** What a channel promises about the order of the events of a key. */
export const orderPromises = [
  promise('the events of each of sixteen keys come to a consumer in the order of their appends', async (scene) => {
    const messages = sampleMessagesOfKeys(1_000, 16);
    for (let i = 0; i < messages.length; i += 40) await scene.publish(messages.slice(i, i + 40));
    const delivered = await scene.listen({ batchSize: 70 }).take(messages.length);
    for (const key of new Set(messages.map((message) => message.key))) {
      const own = delivered.filter((delivery) => messageOf(delivery).key === key);
      const expected = messages.filter((message) => message.key === key);
      assertInOrder(own, expected, key);
    }
  }),

  promise(
    'a later event of a key goes to no other consumer before the earlier one is settled',
    async (scene) => {
      const [first, second] = sampleMessages(2, { key: 'held' }) as [Message, Message];
      await scene.publish([first]);
      const holder = scene.listen({ batchSize: 1 });
      const held = await holder.take(1);
      await scene.publish([second]);
      const other = scene.listen({ batchSize: 1 }, await scene.open());
      const heard: Delivery[] = [];
      other.each((deliveries) => Promise.resolve(void heard.push(...deliveries))).catch(() => undefined);
      const hears = async () => {
        await scene.append(1, { key: randomUUID() });
        return heard.length >= 3;
      };
      await scene.until(hears, 'events of other keys to come to the other consumer');
      const early = heard.filter((delivery) => messageOf(delivery).key === 'held');
      assert.equal(early.length, 0, 'how many events of the key came to the other consumer');
      assert.deepEqual(await holder.settle(held), [], 'settlements that were lost');
      await holder.close();
      const comes = () => heard.some((delivery) => messageOf(delivery).id === second.id);
      await scene.until(comes, 'the later event to come once the earlier one is settled');
    },
    'keyedOrderAcrossConsumers',
  ),

  promise(
    'order per key holds across consumers that come and go',
    async (scene) => {
      const messages = sampleMessagesOfKeys(400, 8);
      for (let i = 0; i < messages.length; i += 20) await scene.publish(messages.slice(i, i + 20));
      const channels = [scene.channel, await scene.open()];
      const history = new KeyHistory(messages);
      const work = [0, 1, 2].map(async (i) => {
        for (let life = 0; !history.isDone; life += 1) {
          await live(scene.listen({ batchSize: 8 }, channels[i % 2]), history, life < 2 ? 3 : Infinity);
        }
      });
      await scene.deadline.within(Promise.all(work), () => `${history.left} events that did not come`);
    },
    'keyedOrderAcrossConsumers',
  ),

  promise(
    'what a consumer gives back comes before the later events of its key',
    async (scene) => {
      const messages = sampleMessages(6);
      await scene.publish(messages.slice(0, 4));
      const first = scene.listen({ batchSize: 2 });
      await first.take(2);
      await scene.publish(messages.slice(4));
      await first.close();
      const last = sampleMessage();
      await scene.publish([last]);
      assertInOrder(await scene.listen({ batchSize: 3 }).takeUntil(last), [...messages, last], 'the key');
    },
    'keyedOrderAcrossConsumers',
  ),
];

/** Reads some batches, settles all but half of the last one, and closes. */
async function live(listener: Listener, history: KeyHistory, batches: number): Promise<void> {
  history.onDone(() => void listener.close().catch(() => undefined));
  for (let count = 1; ; count += 1) {
    const batch = await listener.next();
    if (!batch) return;
    history.handedOut(listener, batch.deliveries);
    const isLast = count >= batches && batch.deliveries.length > 0;
    const settled = isLast ? batch.deliveries.slice(0, batch.deliveries.length / 2) : batch.deliveries;
    // Noted before, since the next one may be handed out before the answer is here.
    history.settled(settled);
    assert.deepEqual(await listener.settle(settled), [], 'settlements that were lost');
    history.confirmed(settled.length);
    if (!isLast) continue;
    history.gaveBack(listener);
    await listener.close();
    return;
  }
}

/** Watches that no event is handed out while an earlier one of its key is neither settled nor in the same hand. */
class KeyHistory {
  readonly #before = new Map<string, readonly string[]>();
  readonly #settled = new Set<string>();
  readonly #hands = new Map<string, Listener>();
  readonly #whenDone: (() => void)[] = [];
  #confirmed = 0;

  constructor(messages: readonly Message[]) {
    const keys = new Map<string, string[]>();
    for (const { id, key } of messages) {
      const own = keys.get(key) ?? [];
      keys.set(key, own);
      this.#before.set(id, [...own]);
      own.push(id);
    }
  }

  get left(): number {
    return this.#before.size - this.#confirmed;
  }

  get isDone(): boolean {
    return this.left === 0;
  }

  onDone(then: () => void): void {
    this.#whenDone.push(then);
    if (this.isDone) then();
  }

  handedOut(to: Listener, deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const { id } = messageOf(delivery);
      const open = (this.#before.get(id) ?? []).filter(
        (earlier) => !this.#settled.has(earlier) && this.#hands.get(earlier) !== to,
      );
      assert.equal(open.length, 0, 'how many earlier events of the key were not settled');
      this.#hands.set(id, to);
    }
  }

  settled(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#settled.add(messageOf(delivery).id);
  }

  confirmed(count: number): void {
    this.#confirmed += count;
    if (this.isDone) for (const then of this.#whenDone) then();
  }

  gaveBack(from: Listener): void {
    for (const [id, hand] of this.#hands) if (hand === from) this.#hands.delete(id);
  }
}
