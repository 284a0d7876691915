import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisChannel, redisPayloadStore } from 'nest-event-backbone/redis';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { canary, startHotel } from './canary-hotel.js';
import { encryptedPromises, plainPromises, type Ground } from './canary-promises.js';
import { nightsInMemory } from './canary-nights.js';
import { KeepingRedis } from './canary-redis.js';
import { search } from './canary-search.js';
import { SECRET } from './start-visits.js';

// Without a server the global set-up says why there is none.
describe.skipIf(inject('redisUrl') === '')('on a Redis that writes everything to its disk,', () => {
  const server = new KeepingRedis();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const ground: Ground = {
    open: () => ({
      channel: redisChannel({ url: server.url }),
      ...nightsInMemory(),
    }),
    store: (environment) => redisPayloadStore({ url: server.url, prefix: environment }),
    live: () => server.live(),
    disk: () => server.disk(),
    restart: () => server.restart(),
  };

  encryptedPromises(ground);
  plainPromises(ground, async ({ stream: { environment, contract }, id, field, value }) => {
    const redis = new Redis(server.url);
    await redis.hset(`eb:{${environment}:${contract}:0}:personal:${id}`, field, value);
    redis.disconnect();
  });

  it('a person whose data was not encrypted is forgotten by the disk when the log is written anew', async () => {
    const { guest, sought } = canary();
    const environment = `hotel-${randomUUID()}`;
    const privacy = { secret: SECRET, index: ground.store(environment) };
    const { app, hotel, log, privacy: own } = await startHotel(ground.open(environment), environment, { privacy });
    await hotel.booked(guest, 3);
    // What a handler appends behind an erasure is not encrypted here, and would be there again.
    await vi.waitFor(() => expect(log.confirmed).toEqual([guest.email]), { timeout: 20_000 });
    expect(await own.erase(guest.email)).toMatchObject({ keys: 0 });
    await app.close();
    expect(await search(ground.disk(), sought)).not.toEqual([]);
    const redis = new Redis(server.url);
    await redis.bgrewriteaof();
    redis.disconnect();
    await vi.waitFor(async () => expect(await search(ground.disk(), sought)).toEqual([]), { timeout: 20_000 });
  });
});
