import type { Channel, PayloadStore } from 'nest-event-backbone/core';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { sharedStore } from '#app-kit';

/** What the demo apps can run on in one process. */
export interface DemoChannel {
  readonly name: string;
  readonly open: () => Channel;
  /** Opens the store of people's keys, of which each environment has its own. */
  readonly openKeys: (environment: string) => PayloadStore;
}

/** The memory of this process, and Redis where there is one. */
export function demoChannels(redisUrl: string): readonly DemoChannel[] {
  const memory = memoryChannel();
  const stores = new Map<string, PayloadStore>();
  const keysOf = (environment: string) => {
    const keys = stores.get(environment) ?? memoryPayloadStore();
    stores.set(environment, keys);
    return sharedStore(keys);
  };
  const url = redisUrl;
  const redis: DemoChannel = {
    name: 'Redis',
    open: () => redisChannel({ url }),
    openKeys: (environment) => redisPayloadStore({ url, prefix: `keys-${environment}` }),
  };
  return [{ name: 'memory', open: () => memory.open(), openKeys: keysOf }, ...(url === '' ? [] : [redis])];
}
