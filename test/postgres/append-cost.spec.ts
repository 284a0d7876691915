import type { PoolClient } from 'pg';
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

describe.skipIf(url === '')('a consumer', () => {
  it('reads and settles its own events only, by plans that were made when there were none', async () => {
    const { sandbox, channel, client, read, settle } = await reader();
    const { name, stream } = sandbox;
    const { rowsRead } = await fill(sandbox, client, 'test:other');
    const [published] = await channel.publish(stream, [sampleMessage()]);
    const { rows } = await client.query<{ slot: number; position: string }>(read, [name, STORED + 10]);
    expect(rows.map(({ position }) => position)).toEqual([published?.position.id]);
    const [{ slot, position } = { slot: 0, position: '' }] = rows;
    const progress = [{ slot, epoch: 0, checkpoint: position, done: [], anchor: null }];
    const settled = await client.query(settle, [name, JSON.stringify(progress), JSON.stringify([{ slot, position }])]);
    expect(settled.rows).toHaveLength(1);
    expect(await rowsRead()).toBeLessThan(20);
  });

  it('looks through none of the events of other slots, however far behind its own one are', async () => {
    const { sandbox, client, read } = await reader();
    const { name } = sandbox;
    const { rowsRead } = await fillOneSlot(sandbox, client);
    expect((await client.query(read, [name, STORED + 10])).rows).toEqual([]);
    expect(await rowsRead()).toBeLessThan(20);
  });

  it('would look through all of them without the index of slots', async () => {
    const { sandbox, client, read } = await reader();
    const { table, name } = sandbox;
    await sandbox.query(`DROP INDEX "${table}_slot"`);
    const { rowsRead } = await fillOneSlot(sandbox, client);
    expect((await client.query(read, [name, STORED + 10])).rows).toEqual([]);
    expect(await rowsRead()).toBeGreaterThanOrEqual(STORED);
  });
});

/** A group whose slots are held by a consumer that reads and settles by hand, and has done so when there was nothing. */
async function reader() {
  const sandbox = new Sandbox(url);
  const { table, name, stream } = sandbox;
  const channel = sandbox.open();
  const subscription = channel.subscribe({ stream, group: 'group' });
  await subscription[Symbol.asyncIterator]().next();
  await subscription.close();
  await sandbox.query(`UPDATE "${table}_slots" SET owner = 'consumer', epoch = 0`);
  // Now the server knows that there is nothing, and takes any way through it for as good as another.
  await sandbox.query(`VACUUM ANALYZE "${table}"`);
  const client = await sandbox.connect();
  const read = `SELECT r.slot, r.position FROM (
      SELECT array_agg(slot::integer) AS slots, array_agg(epoch) AS epochs, array_agg(parks) AS parks,
        array_agg(delivered) AS cursors FROM "${table}_slots"
    ) s, "${table}_read"($1, 'group', 'consumer', $2, 100, true, '{}', false, '{}', s.slots, s.epochs, s.parks, s.cursors,
      s.cursors) r`;
  const settle = `SELECT "${table}_settle"($1, 'group', 'consumer', $2, $3)`;
  await client.query(read, [name, 10]);
  await client.query(settle, [name, '[]', '[]']);
  return { sandbox, channel, client, read, settle };
}

async function filled(sandbox: Sandbox) {
  const channel = sandbox.open();
  await channel.publish(sandbox.stream, [sampleMessage()]);
  const client = await sandbox.connect();
  return { channel, client, sandbox, ...(await fill(sandbox, client, sandbox.name)) };
}

/** Stores many events of a stream, and begins a transaction that counts how many it reads. */
async function fill(sandbox: Sandbox, client: PoolClient, stream: string, key?: string) {
  await sandbox.query(`ALTER TABLE "${sandbox.table}" SET (autovacuum_enabled = off)`);
  await sandbox.query(
    `INSERT INTO "${sandbox.table}" (stream, type, key) SELECT $1, 'sampleTaken.v1', coalesce($2, 'k' || n) FROM generate_series(1, ${STORED}) n`,
    [stream, key],
  );
  await client.query('BEGIN');
  const rowsRead = async () => {
    const { rows } = await client.query<{ read: string }>(
      'SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_xact_user_tables WHERE relname = $1',
      [sandbox.table],
    );
    return Number(rows[0]?.read);
  };
  return { rowsRead };
}

/** The same with events of one slot, all of which were handed out. */
async function fillOneSlot(sandbox: Sandbox, client: PoolClient) {
  const { table, name } = sandbox;
  const filled = await fill(sandbox, client, name, 'the only key');
  await sandbox.query(
    `UPDATE "${table}_slots" s SET delivered = f.last
     FROM (SELECT slot, max(position) AS last FROM "${table}" GROUP BY slot) f WHERE f.slot = s.slot`,
  );
  return filled;
}
