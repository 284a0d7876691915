import { randomUUID } from 'node:crypto';
import { redisChannel } from 'nest-event-backbone/redis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { migrate } from '../bridge/migration.js';
import { Sandbox } from './sandbox.js';

const [url, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

describe.skipIf(url === '' || redisUrl === '')(
  'a stream that moves from Redis to PostgreSQL while it is in use',
  () => {
    it('loses nothing, has nothing twice, and keeps the order of each key', { timeout: 240_000 }, async () => {
      const redis = redisChannel({ url: redisUrl, prefix: `m-${randomUUID()}` });
      onTestFinished(() => redis.close());
      const { migration, heldMs } = await migrate(redis, new Sandbox(url).open());
      const { seen, there, copies } = await migration.reports(['app', 'audit']);
      expect(seen.failures).toEqual([]);
      expect(there.failures).toEqual([]);
      expect(seen.redeliveries).toBe(0);
      const { relayed, duplicates } = migration.bridge.state;
      expect(copies).toBe(relayed - duplicates);
      console.log(`producers were held for ${Math.round(heldMs)} ms, ${seen.appended} events`);
    });
  },
);
