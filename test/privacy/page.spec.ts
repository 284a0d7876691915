import { randomBytes } from 'node:crypto';
import { Test } from '@nestjs/testing';
import { Backbone, Privacy } from 'nest-event-backbone';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { startServer } from '../redis/start-server.js';
import { everything, textOf } from './start-visits.js';
import { SalesModule } from './page/sales.module.js';
import { Sales } from './page/sales.js';

const STREAM = { environment: 'default', contract: 'sales' };

// Without a server the global set-up says why there is none.
describe.skipIf(inject('redisUrl') === '')('the example of docs/privacy.md', () => {
  it('shows and erases what is about a customer, and keeps the rest', async () => {
    const { url } = await startServer();
    vi.stubEnv('REDIS_URL', url);
    vi.stubEnv('KEYS_REDIS_URL', url);
    vi.stubEnv('PRIVACY_SECRET', randomBytes(32).toString('base64'));
    vi.stubEnv('WRAPPING_KEY_2026', randomBytes(32).toString('base64'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const app = await Test.createTestingModule({ imports: [SalesModule] })
      .setLogger(quietLogger().logger)
      .compile();
    onTestFinished(() => app.close());
    await app.init();
    const [backbone, privacy] = [app.get(Backbone), app.get(Privacy)];
    const sales = backbone.producer(Sales);
    const ada = { email: 'ada@example.org', name: 'Ada Canary' };

    await sales.ordered(ada, 'a camera');
    await sales.delivered({ customer: ada.email, street: 'Canary Street 1', country: 'Atlantis' });
    const { id } = await sales.offered('what would a Canary cost?', 7);
    expect(await privacy.export(ada.email)).toMatchObject([
      { type: 'ordered.v1', fields: { customer: ada } },
      { type: 'delivered.v1', fields: { 'address.contact': { street: 'Canary Street 1' } } },
    ]);

    expect(await privacy.erase(ada.email)).toMatchObject({ events: 2, fields: 2, keys: 1 });
    expect(await privacy.eraseEvent(Sales, id)).toBe(true);
    const left = textOf(await everything(backbone.channel, STREAM));
    expect(left).not.toContain('Canary');
    expect(left).toMatch(/a camera[^]*Atlantis/);
    expect((await privacy.audit()).findings).toEqual([]);
    for (let next: number | undefined = 0; next !== undefined;) ({ next } = await privacy.rotateKeys({ from: next }));
  });
});
