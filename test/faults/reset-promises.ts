import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import {
  isBackboneError,
  type Channel,
  type Delivery,
  type Message,
  type Subscription,
} from 'nest-event-backbone/core';
import { freshStream } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';

const GROUP = 'group';
const KEYS = 5;
/** A loaded machine takes its time, and so does a Kafka group. */
const waiting = { timeout: 60_000, interval: 20 };

/** Three processes on one server. */
function three(open: () => Channel): readonly [Channel, Channel, Channel] {
  const channels = [open(), open(), open()] as const;
  onTestFinished(async () => {
    await Promise.all(channels.map((channel) => channel.close()));
  });
  return channels;
}

/**
 * Resets a group again and again while events come and consumers settle them. After the last one each event comes to one of
 * them, who settles it, and nothing is left over.
 */
export async function resetsUnderLoad(
  open: () => Channel,
  { resets = 4, events = 120 }: { readonly resets?: number; readonly events?: number } = {},
): Promise<void> {
  const stream = freshStream();
  const [one, two, operator] = three(open);
  const messages = Array.from({ length: events }, (_, i) => sampleMessage({ key: `key-${i % KEYS}` }));
  let isLast = false;
  let held = Promise.resolve();
  let goOn: () => void = () => undefined;
  const done = new Set<string>();
  let handled = 0;
  const consume = async (channel: Channel) => {
    const subscription = channel.subscribe({ stream, group: GROUP, batchSize: 7 });
    onTestFinished(() => subscription.close());
    for await (const { deliveries } of subscription) {
      await held;
      const counts = isLast;
      const lost = new Set(await settled(subscription, deliveries));
      const ended = deliveries.filter((delivery) => !lost.has(delivery));
      handled += ended.length;
      if (counts) for (const { message } of ended) done.add(message?.id ?? '');
    }
  };
  const failures: unknown[] = [];
  for (const channel of [one, two]) consume(channel).catch((error: unknown) => failures.push(error));
  const part = Math.ceil(events / resets);
  for (let i = 0; i < resets; i += 1) {
    const before = handled;
    await operator.publish(stream, messages.slice(i * part, (i + 1) * part));
    // In the midst of it: something was handled, and more is on its way.
    await vi.waitUntil(() => handled > before, waiting);
    // What is settled just before the last one, or just after, could not be told apart.
    if (i === resets - 1) held = new Promise((resolve) => (goOn = resolve));
    await operator.admin.reset(stream, GROUP, 'beginning');
  }
  isLast = true;
  goOn();
  await vi.waitFor(() => expect([...done].sort()).toEqual(idsOf(messages)), waiting);
  await vi.waitFor(
    async () => expect(await one.admin.state(stream, GROUP)).toMatchObject({ pending: 0, lag: 0, deadLetters: 0 }),
    waiting,
  );
  expect(failures).toEqual([]);
}

/** As the library's consumer does: again until the server has confirmed, and never after the end. */
async function settled(subscription: Subscription, deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
  for (;;) {
    try {
      return await subscription.settle(deliveries.map((delivery) => ({ delivery })));
    } catch (error) {
      if (isBackboneError(error, 'EB_CLOSED')) return deliveries;
      await sleep(50);
    }
  }
}

/** A consumer that has its hands full, and reads no more, is told that a reset has taken what it holds. */
export async function resetIsTold(open: () => Channel): Promise<void> {
  const stream = freshStream();
  const [channel, , operator] = three(open);
  const message = () => sampleMessage({ key: 'one' });
  await operator.publish(stream, [message(), message()]);
  const lost: Delivery[] = [];
  const onLost = (deliveries: readonly Delivery[]) => void lost.push(...deliveries);
  const subscription = channel.subscribe({ stream, group: GROUP, batchSize: 2, onLost });
  onTestFinished(() => subscription.close());
  const iterator = subscription[Symbol.asyncIterator]();
  const held: Delivery[] = [];
  while (held.length < 2) {
    const next = await iterator.next();
    if (next.done !== true) held.push(...next.value.deliveries);
  }
  await operator.admin.reset(stream, GROUP, 'beginning');
  await vi.waitFor(() => expect(lost).toEqual(held), waiting);
  expect(await subscription.settle(held.map((delivery) => ({ delivery })))).toEqual(held);
  expect(await operator.admin.state(stream, GROUP)).toMatchObject({ lag: 2, pending: 0 });
}

function idsOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ id }) => id).sort();
}
