import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { describe, expect, inject, it } from 'vitest';
import { readingPromises } from '../history/reading-promises.js';
import { openScene } from '../history/shop.js';
import { BALANCE, statePromises } from '../history/state-promises.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a reader of a stream in PostgreSQL', () => {
  const open = () => new Sandbox(url).open();
  readingPromises(open);
  statePromises(open);

  it('makes no snapshot past an event that is still being appended', async () => {
    const sandbox = new Sandbox(url);
    const { shop, reader } = openScene(() => sandbox.open());
    const snapshots = { store: memoryPayloadStore(), every: 1 };
    const balance = () => reader.fold(BALANCE, { key: 'a', snapshots });
    await shop.paid('a', 1);
    expect(await balance()).toBe(1);

    const transaction = await sandbox.connect();
    await transaction.query('BEGIN');
    await shop.$with({ transaction }).paid('a', 10);
    await shop.paid('a', 100);
    expect(await balance()).toBe(101);
    await transaction.query('COMMIT');
    expect(await balance()).toBe(111);
  });
});
