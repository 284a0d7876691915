import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { innermost, transformedChannel, type Channel, type FieldTransform } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { channelConformance, type ConformanceCase } from 'nest-event-backbone/testing';
import { payloadRouting } from 'nest-event-backbone';

/** Passes messages on a moment later, and has nothing to do with them. */
const later: FieldTransform = {
  outward: (_, messages) => Promise.resolve(messages),
  inward: (_, messages) => Promise.resolve(messages),
};
// Whoever routes fields follows every reference: one to a store that there is not makes its readers wait.
const routed = channelConformance.filter(
  ({ name }) => name !== 'a reference to a payload store is stored and read back',
);
const restart = () => Promise.resolve();

describe('a transformed memory channel keeps its promises with transforms that change nothing:', () => {
  const memory = memoryChannel();
  const into = (channel: Channel) => transformedChannel(transformedChannel(channel, []), [later, later]);
  const channel = into(memory);

  run(channelConformance, () => ({ channel, open: () => Promise.resolve(into(memory.open())), restart }));

  it('is found inside', () => {
    expect(transformedChannel(memory, [])).toBe(memory);
    expect([innermost(channel), innermost(into(channel)), innermost(memory)]).toEqual([memory, memory, memory]);
    expect(channel.supports).toBe(memory.supports);
  });
});

describe('a memory channel keeps its promises with all fields in a payload store:', () => {
  const memory = memoryChannel();
  const stores = { all: memoryPayloadStore() };
  const into = (channel: Channel) =>
    transformedChannel(channel, [payloadRouting({ stores, routes: [{ to: 'all' }] }), later]);
  const channel = into(memory);

  run(routed, () => ({ channel, open: () => Promise.resolve(into(memory.open())), restart }));
});

const url = inject('redisUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a Redis channel keeps its promises with its fields in payload stores on Redis:', () => {
  const stores = {
    cache: redisPayloadStore({ url, prefix: 'cache' }),
    archive: redisPayloadStore({ url, prefix: 'archive' }),
  };
  const routes = [
    { fields: 'personal', to: 'archive' },
    { to: ['cache', 'archive'], ttlMs: { cache: 60_000 } },
  ] as const;
  const open = () => transformedChannel(redisChannel({ url }), [payloadRouting({ stores, routes })]);
  let channel: Channel;
  beforeAll(() => void (channel = open()));
  afterAll(async () => {
    await channel.close();
    for (const store of Object.values(stores)) await store.close();
  });

  run(routed, () => ({ channel, open: () => Promise.resolve(open()) }));
});

function run(promises: readonly ConformanceCase[], context: () => Parameters<ConformanceCase['run']>[0]): void {
  it.for(promises.map((each) => [each.name, each] as const))('%s', async ([, promise], { skip }) => {
    const { channel } = context();
    skip(!promise.requires.every((each) => channel.supports[each]), `not supported: ${promise.requires.join(' and ')}`);
    await expect(promise.run(context())).resolves.toBeUndefined();
  });
}
