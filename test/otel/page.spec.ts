import { readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Backbone } from 'nest-event-backbone';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { startServer } from '../redis/start-server.js';
import { Orders } from './page/orders.js';

const page = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8');

/** Starts the application of the page on a server of its own. */
async function start(): Promise<INestApplication> {
  vi.stubEnv('REDIS_URL', (await startServer()).url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { ShopModule } = await import('./page/shop.module.js');
  const module = await Test.createTestingModule({ imports: [ShopModule] })
    .setLogger(quietLogger().logger)
    .compile();
  const app = module.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app;
}

// Without a server the global set-up says why there is none.
describe.skipIf(inject('redisUrl') === '')('the example of docs/observability.md', () => {
  it('shows metrics that the page names', async () => {
    const app = await start();
    const backbone = app.get(Backbone);
    await backbone.producer(Orders).placed('ada@example.org', 7);
    await vi.waitFor(() => expect(backbone.states()[0]?.handled).toBe(1), 20_000);
    const text = await (await fetch(`${await app.getUrl()}/metrics`)).text();
    expect(text).not.toContain('ada@');
    const shown = [...text.matchAll(/^# TYPE (\S+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'target_info');
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
