import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { expect, it } from 'vitest';
import { SECRET, startVisits, WRAPPING } from './start-visits.js';

it('what payload stores hold of events that were trimmed is erased with its person', async () => {
  const people = memoryPayloadStore();
  const store = memoryPayloadStore();
  const { backbone, privacy, stream, visits } = await startVisits(
    { channel: memoryChannel(), store },
    {
      payloads: { stores: { people }, routes: [{ to: 'people', fields: 'personal' }] },
      // Without encryption, so that it is the store that is looked at.
      privacy: { secret: SECRET, keys: { store, wrapping: WRAPPING }, encrypt: false },
    },
  );
  const { id } = await visits.came({ email: 'ada@example.org', name: 'Ada Canary' }, 1);
  const held = async () => Buffer.from((await people.get([{ eventId: id, field: 'visitor' }]))[0] ?? []).toString();
  expect(await backbone.channel.admin.trim(stream, { keep: 0, force: true })).toBe(1);
  expect(await held()).toContain('Canary');
  await privacy.erase('ada@example.org');
  expect(await held()).not.toContain('Canary');
});
