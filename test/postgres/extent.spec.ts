import { describe, expect, inject, it, vi } from 'vitest';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

const MANY = 60_000;
const LOOKS = 20;

// Without a server the global set-up says why there is none.
describe.skipIf(inject('postgresUrl') === '')('how much a stream holds on PostgreSQL', () => {
  it('is counted up to ten thousand events, and estimated from there, without reading them', async () => {
    const sandbox = new Sandbox(inject('postgresUrl'));
    const { admin } = sandbox.open();
    await admin.extent(sandbox.stream);
    const append = (count: number, stream: string) =>
      sandbox.query(
        `INSERT INTO ${sandbox.table} (stream, type, key) SELECT $2, 'x.v1', n::text FROM generate_series(1, $1::int) n`,
        [count, stream],
      );
    await append(10_000, sandbox.name);
    await append(10_000, 'test:other');
    expect(await admin.extent(sandbox.stream)).toMatchObject({ events: 10_000, isEstimated: false, appended: 10_000 });

    await append(MANY - 10_000, sandbox.name);
    await sandbox.query(`ANALYZE ${sandbox.table}`);
    const before = await readSoFar(sandbox);
    const found = await admin.extent(sandbox.stream);
    expect(found).toMatchObject({ isEstimated: true, appended: MANY });
    expect(found.events).toBeGreaterThan(MANY * 0.8);
    expect(found.events).toBeLessThan(MANY * 1.2);
    expect(found.bytes).toBeGreaterThan(MANY * 20);

    for (let i = 0; i < LOOKS; i += 1) await admin.extent(sandbox.stream);
    const read = await vi.waitFor(
      async () => {
        const now = (await readSoFar(sandbox)) - before;
        expect(now).toBeGreaterThan(LOOKS);
        return now;
      },
      { timeout: PATIENCE_MS },
    );
    // With what was read before and is told late; to count everything each time would read five times as much.
    expect(read).toBeLessThan(4 * MANY);
  });
});

/** How many rows and entries of indexes the server has read of the events; it tells with a delay. */
async function readSoFar(sandbox: Sandbox): Promise<number> {
  const [row] = await sandbox.query<{ read: string }>(
    `SELECT (t.seq_tup_read + (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid))::text AS read
     FROM pg_stat_user_tables t WHERE t.relname = $1`,
    [sandbox.table],
  );
  return Number(row?.read ?? 0);
}
