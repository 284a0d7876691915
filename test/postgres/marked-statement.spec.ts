import type { PoolClient } from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { sampleMessage } from '../redis/sample-message.js';
import { SafeMark, type Sample } from '../../src/postgres/safe-mark.js';
import { tableNames } from '../../src/postgres/table-names.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

/** Takes samples as a consumer does, and compares what the statement makes of them with what the process does. */
class Sampling {
  readonly #mark = new SafeMark();
  readonly #sql: string;

  constructor(sandbox: Sandbox) {
    this.#sql = `SELECT last::text, holders, pids, mark::text FROM ${tableNames(sandbox).mark}($1, $2, $3)`;
  }

  async on(client: PoolClient): Promise<{ readonly last: number; readonly mark: number; readonly safe: number }> {
    const { rows } = await client.query<Sample & { mark: string }>(this.#sql, [...this.#mark.known]);
    const [{ last, holders, pids, mark } = { last: '-1', holders: [], pids: [], mark: '-1' }] = rows;
    const { safe } = this.#mark.add(BigInt(last), holders, pids);
    return { last: Number(last), mark: Number(mark), safe: Number(safe) };
  }
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('a statement that samples and reads', () => {
  it('goes as far as those allow who append, and on when the ones it has met are done, whoever came since', async () => {
    const sandbox = new Sandbox(url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    const sampling = new Sampling(sandbox);
    const reader = await sandbox.connect();
    expect(await sampling.on(reader)).toEqual({ last: 1, mark: 1, safe: 1 });
    const [one, other, third] = [await sandbox.connect(), await sandbox.connect(), await sandbox.connect()];
    await one.query('BEGIN');
    await sandbox.insert(one);
    expect(await sampling.on(reader)).toEqual({ last: 2, mark: 1, safe: 1 });
    await other.query('BEGIN');
    await sandbox.insert(other);
    expect(await sampling.on(reader)).toEqual({ last: 3, mark: 1, safe: 1 });
    await one.query('COMMIT');
    expect(await sampling.on(reader)).toEqual({ last: 3, mark: 2, safe: 2 });
    await third.query('BEGIN');
    await sandbox.insert(third);
    await other.query('ROLLBACK');
    expect(await sampling.on(reader)).toEqual({ last: 4, mark: 3, safe: 3 });
    await third.query('COMMIT');
    expect(await sampling.on(reader)).toEqual({ last: 4, mark: 4, safe: 4 });
  });

  it('goes no further than was known before, in a transaction whose snapshot is older than its sample', async () => {
    const sandbox = new Sandbox(url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    const reader = await sandbox.connect();
    const seen = () => reader.query(`SELECT FROM "${sandbox.table}"`).then(({ rowCount }) => rowCount);
    for (const isolation of ['REPEATABLE READ', 'SERIALIZABLE']) {
      const sampling = new Sampling(sandbox);
      const { safe: known } = await sampling.on(reader);
      await reader.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      const before = await seen();
      await sandbox.insert();
      const { last, mark, safe } = await sampling.on(reader);
      // The event is there and cannot be seen: who went up to the last position would have passed it.
      expect(await seen()).toBe(before);
      expect({ last, mark, safe }).toEqual({ last: known + 1, mark: known, safe: known + 1 });
      await reader.query('COMMIT');
    }
  });

  it('goes nowhere with what was known of a server that has gone back', async () => {
    const sandbox = new Sandbox(url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage(), sampleMessage(), sampleMessage()]);
    const sampling = new Sampling(sandbox);
    const [reader, writer] = [await sandbox.connect(), await sandbox.connect()];
    expect(await sampling.on(reader)).toEqual({ last: 3, mark: 3, safe: 3 });
    await sandbox.query(`TRUNCATE "${sandbox.table}" RESTART IDENTITY`);
    await writer.query('BEGIN');
    await sandbox.insert(writer);
    expect(await sampling.on(reader)).toEqual({ last: 1, mark: 0, safe: 0 });
    await writer.query('COMMIT');
    expect(await sampling.on(reader)).toEqual({ last: 1, mark: 1, safe: 1 });
  });
});
