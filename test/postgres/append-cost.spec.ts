import { describe, expect, inject, it } from 'vitest';
import { sampleMessage } from '../redis/sample-message.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
const STORED = 2_000;

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('an append', () => {
  it('reads no other events of its stream, although the server has no statistics of it', async () => {
    const sandbox = new Sandbox(url);
    const { channel, client, rowsRead } = await filled(sandbox);
    for (const expected of ['any', 'none'] as const) {
      await channel.publish(sandbox.stream, [sampleMessage({ key: expected })], { transaction: client, expected });
    }
    expect(await rowsRead()).toBeLessThan(20);
  });

  it('that joined the events with its own would read all of them', async () => {
    const { client, rowsRead, sandbox } = await filled(new Sandbox(url));
    await client.query(
      `SELECT e.position FROM jsonb_to_recordset('[{"id":"a"}]') x(id text) LEFT JOIN "${sandbox.table}" e ON e.stream = $1 AND e.id = x.id`,
      [sandbox.name],
    );
    expect(await rowsRead()).toBeGreaterThanOrEqual(STORED);
  });
});

async function filled(sandbox: Sandbox) {
  const channel = sandbox.open();
  await channel.publish(sandbox.stream, [sampleMessage()]);
  await sandbox.query(`ALTER TABLE "${sandbox.table}" SET (autovacuum_enabled = off)`);
  await sandbox.query(
    `INSERT INTO "${sandbox.table}" (stream, type, key) SELECT $1, 'sampleTaken.v1', 'k' || n FROM generate_series(1, ${STORED}) n`,
    [sandbox.name],
  );
  const client = await sandbox.connect();
  await client.query('BEGIN');
  const rowsRead = async () => {
    const { rows } = await client.query<{ read: string }>(
      'SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_xact_user_tables WHERE relname = $1',
      [sandbox.table],
    );
    return Number(rows[0]?.read);
  };
  return { channel, client, rowsRead, sandbox };
}
