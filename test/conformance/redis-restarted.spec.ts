import { describe, expect, inject, it } from 'vitest';
import { redisChannel } from 'nest-event-backbone/redis';
import { channelConformance } from 'nest-event-backbone/testing';
import { startServer } from '../redis/start-server.js';

const ARGS = ['--appendonly', 'yes', '--appendfsync', 'always'];
const promises = channelConformance.filter(({ needs }) => needs === 'restart');

// Without a server the global set-up says why there is none.
describe.skipIf(inject('redisUrl') === '')('the Redis channel keeps its promises when its server restarts:', () => {
  it.for(promises.map((each) => [each.name, each] as const))('%s', async ([, { run }]) => {
    let server = await startServer({ args: ARGS });
    const { url, port, dir } = server;
    const open = () => Promise.resolve(redisChannel({ url, leaseMs: 2_000 }));
    const restart = async () => {
      await server.kill();
      server = await startServer({ port, dir, args: ARGS });
    };
    const channel = await open();
    await expect(run({ channel, open, restart, deadlineMs: 20_000 }))
      .resolves.toBeUndefined()
      .finally(() => channel.close());
  });
});
