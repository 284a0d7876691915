import { describe, expect, inject, it } from 'vitest';
import { isBackboneError } from 'nest-event-backbone/core';
import { checkPostgresSchema, postgresSchema } from 'nest-event-backbone/postgres';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { Sandbox } from './sandbox.js';

const url = inject('postgresUrl');

async function failure(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  return isBackboneError(error) ? error.message : String(error);
}

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the tables', () => {
  it('are made once, however many processes begin together', async () => {
    const sandbox = new Sandbox(url);
    const channels = Array.from({ length: 8 }, () => sandbox.open());
    await Promise.all(channels.map((channel) => channel.publish(sandbox.stream, [sampleMessage()])));
    expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(8);
  });

  it('that are missing are named together with what makes them, which can be run again', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open({ createTables: false });
    expect(await failure(channel.publish(sandbox.stream, [sampleMessage()]))).toMatch(
      /^EB_CHANNEL: .*postgresSchema\(\)/,
    );
    await expect(checkPostgresSchema(sandbox.pool, { table: sandbox.table })).rejects.toThrow('EB_CHANNEL');
    const ddl = postgresSchema({ table: sandbox.table });
    await sandbox.query(ddl);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    await sandbox.query(ddl);
    await checkPostgresSchema(sandbox.pool, { table: sandbox.table });
    await channel.publish(sandbox.stream, [sampleMessage()]);
    expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(2);
  });

  it('that were made with other options are refused until they are changed', async () => {
    const sandbox = new Sandbox(url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    const serial = () => sandbox.open({ ordering: 'serial' }).publish(sandbox.stream, [sampleMessage()]);
    expect(await failure(serial())).toMatch(/^EB_OPTIONS: .*ordering=sampling/);
    await sandbox.query(postgresSchema({ table: sandbox.table, ordering: 'serial' }));
    await expect(serial()).resolves.toHaveLength(1);
  });

  it('serve a role that may not make any, in a schema of their own', async () => {
    const sandbox = new Sandbox(url);
    const { table } = sandbox;
    const [schema, role] = [`s_${table}`, `r_${table}`];
    await sandbox.query(postgresSchema({ schema, table }));
    await sandbox.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of-a-test';
      GRANT USAGE ON SCHEMA ${schema} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
      GRANT SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`);
    const own = new URL(url);
    [own.username, own.password] = [role, 'of-a-test'];
    const channel = sandbox.open({ url: own.href, schema, createTables: false });
    const collector = new Collector(channel, sandbox.stream);
    const messages = [sampleMessage(), sampleMessage()];
    await channel.publish(sandbox.stream, messages);
    await collector.until(2);
    expect(await channel.admin.erase(sandbox.stream, [messages[0]?.id ?? ''], ['sample'])).toBe(1);
    await channel.admin.reset(sandbox.stream, 'group', 'end');
    expect(await channel.admin.trim(sandbox.stream, { keep: 1 })).toBe(1);
    const makes = sandbox.open({ url: own.href, schema, table: 'another' });
    expect(await failure(makes.publish(sandbox.stream, [sampleMessage()]))).toMatch(/^EB_CHANNEL: .*permission denied/);
    await channel.close();
    await sandbox.query(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${role};
      REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema} FROM ${role};
      GRANT SELECT, INSERT ON ${schema}."${table}" TO ${role};
      GRANT SELECT ON ${schema}."${table}_trimmed", ${schema}."${table}_keys" TO ${role}`);
    const appends = sandbox.open({ url: own.href, schema, createTables: false });
    await appends.publish(sandbox.stream, [sampleMessage({ key: 'only' })], { expected: 'none' });
    expect(await failure(appends.admin.trim(sandbox.stream, { keep: 0 }))).toMatch(/^EB_CHANNEL: .*permission denied/);
    await appends.close();
    await sandbox.query(`DROP SCHEMA ${schema} CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('hold hostile names and texts as they are, and no name but an identifier names them', async () => {
    const sandbox = new Sandbox(url);
    const channel = sandbox.open();
    const hostile = `'; DROP TABLE "${sandbox.table}"; --`;
    const fields = { [hostile]: hostile, __proto__x: '1', 'a"b': '{"c":1}' };
    const message = sampleMessage({ key: hostile, type: hostile, headers: { x: hostile }, fields, personal: ['a"b'] });
    await channel.publish(sandbox.stream, [message]);
    const collector = new Collector(channel, sandbox.stream, { types: [hostile] });
    const [delivery] = await collector.until(1);
    expect(delivery?.message).toMatchObject({ key: hostile, type: hostile });
    expect({ ...delivery?.message?.fields }).toEqual(fields);
    expect(() => sandbox.open({ table: 'a"; DROP TABLE x' })).toThrow('EB_OPTIONS');
    expect(() => sandbox.open({ schema: 'a.b' })).toThrow('EB_OPTIONS');
  });

  it('of a server that confirms before it writes are used with a word about it', async () => {
    const sandbox = new Sandbox(url);
    const options = { connectionString: url, options: '-c synchronous_commit=off' };
    const channel = sandbox.open({ url: undefined, options });
    const heard = new HeardDiagnostics(channel);
    await channel.publish(sandbox.stream, [sampleMessage()]);
    expect(heard.of('durability').map(({ reason }) => reason)).toEqual([
      'synchronous_commit is off: commits are confirmed before they are on disk',
    ]);
  });
});
