import { randomUUID } from 'node:crypto';
import { Erased } from 'nest-event-backbone';
import { redisPayloadStore } from 'nest-event-backbone/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharedStore } from '#app-kit';
import { everything, sharedChannel, startVisits, textOf } from '../privacy/start-visits.js';
import { Visits } from '../privacy/visits.js';
import { hasServers, openChannel, redisUrl } from './open-channel.js';

describe.skipIf(!hasServers)('personal data in records of Kafka, from which nothing can be taken', () => {
  it('is encrypted, and closed once its person was erased', { timeout: 90_000 }, async () => {
    const log = openChannel({ payloads: 'record' });
    const store = redisPayloadStore({ url: redisUrl, prefix: `privacy-${randomUUID()}` });
    onTestFinished(() => store.close());
    const environment = `visits-${randomUUID()}`;
    const all = { channel: sharedChannel(log), store: sharedStore(store), environment };
    const first = await startVisits(all);
    await first.visits.came({ email: 'ada@example.org', name: 'Ada Canary' }, 1);
    await first.visits.came({ email: 'bob@example.org', name: 'Bob Sparrow' }, 2);
    const { id } = await first.visits.remarked('a Canary sings', 3);
    await vi.waitFor(() => expect(first.seen.visitors).toHaveLength(2), { timeout: 30_000 });
    expect(textOf(await everything(log, first.stream))).not.toMatch(/Canary|Sparrow/);
    expect(await first.privacy.export('ada@example.org')).toMatchObject([
      { fields: { visitor: { name: 'Ada Canary' } } },
    ]);

    expect(await first.privacy.erase('ada@example.org')).toMatchObject({ events: 1, keys: 1, announced: 1 });
    expect(await first.privacy.eraseEvent(Visits, id)).toBe(true);
    await vi.waitFor(() => expect(first.seen.erasures).toHaveLength(2), { timeout: 30_000 });
    expect((await first.privacy.audit()).findings).toEqual([]);
    await first.app.close();

    const second = await startVisits(all, { group: `late-${randomUUID()}` });
    const events = await second.read();
    expect(textOf(events)).not.toContain('Canary');
    expect(textOf(events)).toContain('Sparrow');
    await vi.waitFor(() => expect(second.seen.visitors).toHaveLength(2), { timeout: 30_000 });
    expect(second.seen.visitors.filter((visitor) => visitor instanceof Erased)).toHaveLength(1);
  });
});
