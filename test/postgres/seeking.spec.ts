import { Pool } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Channel, ReadEvent, ReadOptions } from 'nest-event-backbone/core';
import { sampleMessage } from '../redis/sample-message.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');
const STORED = 40_000;
const BEGAN = Date.UTC(2026, 0, 1);

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('reading the past from PostgreSQL', () => {
  it('takes one statement for an event at a position', async () => {
    const { channel, stream, statements } = heard();
    const [, second] = await channel.publish(stream, [sampleMessage(), sampleMessage(), sampleMessage()]);
    const { position } = second ?? { position: { partition: 0, id: '1' } };
    const range = { after: [{ partition: 0, id: String(Number(position.id) - 1) }], until: [position] };
    await read(channel, { stream, ...range });
    statements.length = 0;
    expect((await read(channel, { stream, ...range })).map((event) => event.position)).toEqual([position]);
    expect(statements).toHaveLength(1);
  });

  it('gives a single event although somebody else is still appending', async () => {
    const sandbox = new Sandbox(url);
    const { stream, name } = sandbox;
    const channel = sandbox.open();
    await channel.publish(stream, [sampleMessage()]);
    const writer = await sandbox.connect();
    await writer.query('BEGIN');
    await sandbox.insert(writer, 'open', name);
    const [published] = await channel.publish(stream, [sampleMessage()]);
    const until = published ? [published.position] : [];
    const after = [{ partition: 0, id: String(Number(until[0]?.id) - 1) }];
    expect(await read(channel, { stream, after, until })).toHaveLength(1);
    // The twin: a read of several positions passes nothing that may still appear.
    const several = { after: [{ partition: 0, id: '0' }], until };
    expect((await read(channel, { stream, ...several })).map(({ position }) => position)).not.toContainEqual(until[0]);
    await writer.query('COMMIT');
    expect(await read(channel, { stream, ...several })).toHaveLength(3);
  });

  it('finds the events of a time by an index that leaves the others alone', async () => {
    const { channel, stream, statements, sandbox } = heard();
    await filled(channel, sandbox);
    const window = { fromMs: BEGAN + 20_000, untilMs: BEGAN + 20_300 };
    statements.length = 0;
    const events = await read(channel, { stream, ...window, batchSize: 1_000 });
    expect(events.map(({ appendedAt }) => appendedAt - BEGAN)).toEqual(
      Array.from({ length: 300 }, (_, i) => 20_000 + i),
    );
    const seek = statements.find(({ text }) => text.includes('min(p.position)'));
    const plan = () => sandbox.query(`EXPLAIN ${inlined(seek)}`);
    expect(JSON.stringify(await plan())).toContain(`${sandbox.table}_appended_at`);
    // The twin: without the index, nothing tells where the time lies.
    await sandbox.query(`DROP INDEX "${sandbox.table}_appended_at"`);
    expect(JSON.stringify(await plan())).not.toContain(`${sandbox.table}_appended_at`);
    expect(await read(channel, { stream, ...window, batchSize: 1_000 })).toEqual(events);
  });

  it('honours times exactly whatever their order, together with positions, types and keys', async () => {
    const sandbox = new Sandbox(url);
    const { stream, table, name } = sandbox;
    const channel = sandbox.open();
    await channel.publish(stream, [sampleMessage()]);
    const times = [10, 30, 20.4, 40, 25.9, 26, 5];
    for (const [i, time] of times.entries()) {
      const sql = `INSERT INTO "${table}" (stream, type, key, appended_at) VALUES ($1, $2, $3, to_timestamp($4::float8))`;
      await sandbox.query(sql, [name, i % 2 ? 'odd.v1' : 'even.v1', `key-${i % 2}`, (BEGAN + time) / 1000]);
    }
    const all = (await read(channel, { stream })).slice(1);
    const at = async (options: Partial<ReadOptions>) =>
      (await read(channel, { stream, untilMs: BEGAN + 1_000, ...options })).map(({ appendedAt }) => appendedAt - BEGAN);
    expect(await at({ fromMs: BEGAN + 20, untilMs: BEGAN + 26 })).toEqual([20, 25]);
    expect(await at({ fromMs: BEGAN + 20.5, untilMs: BEGAN + 26.5 })).toEqual([25, 26]);
    expect(await at({ fromMs: BEGAN + 25, batchSize: 2 })).toEqual([30, 40, 25, 26]);
    expect(await at({ fromMs: BEGAN + 25, types: ['even.v1'] })).toEqual([25]);
    expect(await at({ fromMs: BEGAN + 25, key: 'key-1' })).toEqual([30, 40, 26]);
    expect(await at({ fromMs: BEGAN + 25, after: all.slice(1, 2).map(({ position }) => position) })).toEqual([
      40, 25, 26,
    ]);
    expect(await at({ fromMs: BEGAN + 1_000 })).toEqual([]);
    expect(await at({ fromMs: -Infinity, untilMs: Infinity })).toHaveLength(8);
  });

  it('refuses positions that were never drawn', async () => {
    const sandbox = new Sandbox(url);
    const { stream } = sandbox;
    const channel = sandbox.open();
    await channel.publish(stream, [sampleMessage()]);
    const beyond = [{ partition: 0, id: '1000' }];
    for (const options of [
      { after: beyond },
      { until: beyond },
      { after: beyond, follow: AbortSignal.timeout(60_000) },
    ]) {
      await expect(read(channel, { stream, ...options })).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
    }
  });
});

interface Heard {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A channel, and the statements that it sends from now on. */
function heard() {
  const sandbox = new Sandbox(url);
  const statements: Heard[] = [];
  const pool = new Pool({ connectionString: url });
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: readonly unknown[]) => unknown;
    const listening = (...args: readonly unknown[]) => {
      const [first, second] = args as [string | Heard, unknown[]?];
      statements.push(typeof first === 'string' ? { text: first, values: second ?? [] } : first);
      return query(...args);
    };
    Object.assign(client, { query: listening });
  });
  const channel = sandbox.open({ pool });
  onTestFinished(async () => {
    await channel.close();
    await pool.end();
  });
  return { sandbox, channel, stream: sandbox.stream, statements };
}

async function filled(channel: Channel, { table, name, stream, pool }: Sandbox): Promise<void> {
  await channel.publish(stream, [sampleMessage()]);
  await pool.query(
    `INSERT INTO "${table}" (stream, type, key, fields, appended_at)
     SELECT $1, 'sampleTaken.v1', 'key-' || i % 100, jsonb_build_object('note', repeat('x', 200)),
       to_timestamp($2::float8 / 1000) + i * interval '1 ms' FROM generate_series(0, ${STORED}) i`,
    [name, BEGAN],
  );
  // What the server does by itself in time.
  await pool.query(`VACUUM ANALYZE "${table}"`);
}

function inlined(statement: Heard | undefined): string {
  const literal = (value: string | number | null) => (value === null ? 'NULL' : `'${value}'`);
  return (statement?.text ?? '').replaceAll(/\$(\d)/g, (_, n: string) =>
    literal((statement?.values[Number(n) - 1] ?? null) as string | number | null),
  );
}

async function read(channel: Channel, options: ReadOptions): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read(options)) events.push(...batch);
  return events;
}
