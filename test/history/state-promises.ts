import type { Channel, Reducer } from 'nest-event-backbone';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { expect, it } from 'vitest';
import { nextMillisecond, openScene, type Scene, type Shop } from './shop.js';

/** What folds promise on every channel. */
export function statePromises(open: () => Channel): void {
  it('is what the events of a key come to, now, at a position and at a time', async () => {
    const scene = openScene(open);
    const { shop, reader } = scene;
    await shop.paid('a', 1);
    await shop.paid('b', 100);
    const { position } = await shop.paid('a', 2);
    await nextMillisecond();
    const last = await shop.paid('a', 4);
    const { appendedAt } = (await reader.get(last.position)) ?? {};
    expect(await reader.fold(BALANCE, { key: 'a' })).toBe(7);
    expect(await reader.fold(BALANCE, { key: 'a', until: position })).toBe(3);
    expect(await reader.fold(BALANCE, { key: 'a', until: appendedAt })).toBe(3);
    expect(await reader.fold(BALANCE, { key: 'nobody' })).toBe(0);
    expect(await reader.fold(BALANCE)).toBe(107);
  });

  it('is made of at most as many events as lie between two snapshots', async () => {
    const scene = openScene(open);
    const { reader } = scene;
    const read = eventsRead(scene);
    const snapshots = { store: memoryPayloadStore() };
    await pay(scene, 2_500);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots })).toBe(2_500);
    expect(read()).toBeGreaterThanOrEqual(2_500);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots })).toBe(2_500);
    expect(read()).toBe(500);
    await pay(scene, 499);
    expect(await reader.fold(BALANCE, { key: 'a', snapshots })).toBe(2_999);
    expect(read()).toBe(999);
  });
}

/** What an account holds. */
export const BALANCE: Reducer<Shop, number> = {
  name: 'balance',
  version: 1,
  initial: () => 0,
  on: { paid: (balance, { args }) => balance + args.amount, closed: () => 0 },
};

/** Pays one to an account, again and again. */
export async function pay(scene: Scene, count: number, key = 'a'): Promise<void> {
  for (let done = 0; done < count; done += 500) {
    await scene.shop.$with({ key }).$batch((batch) => {
      for (let i = done; i < Math.min(count, done + 500); i += 1) batch.paid(key, 1);
    });
  }
}

/** How many events the channel gave since the last time somebody asked. */
export function eventsRead({ reads }: Scene): () => number {
  let seen = 0;
  return () => {
    const since = reads.slice(seen);
    seen = reads.length;
    return since.reduce((sum, { events }) => sum + events, 0);
  };
}
