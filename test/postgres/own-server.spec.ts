import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { startPostgres } from '../../tools/dev-stack/index.mjs';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { Sandbox } from './sandbox.js';

// Without a server the global set-up says why there is none.
describe.skipIf(inject('postgresUrl') === '')('a server of its own', () => {
  it('that is a replica is refused with a word about it, and used when it has become the primary', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const sandbox = new Sandbox(server.url);
    await sandbox.open().publish(sandbox.stream, [sampleMessage()]);
    await server.shutDown();
    await writeFile(join(server.dir, 'data', 'standby.signal'), '');
    await server.restart();
    const channel = sandbox.open({ publishTimeoutMs: 500 });
    const heard = new HeardDiagnostics(channel);
    const refused = channel.publish(sandbox.stream, [sampleMessage()]);
    await expect(refused).rejects.toThrow(/^EB_NOT_STORED: .*is a replica; connect to the primary/);
    const collector = new Collector(channel, sandbox.stream);
    await vi.waitFor(() => expect(heard.text).toContain('is a replica'), 5_000);
    await sandbox.query('SELECT pg_promote()');
    await expect(collector.until(1)).resolves.toHaveLength(1);
    await expect(channel.publish(sandbox.stream, [sampleMessage()])).resolves.toHaveLength(1);
  });

  it('that is killed keeps what it confirmed, and its consumers go on', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const sandbox = new Sandbox(server.url);
    const channel = sandbox.open();
    const collector = new Collector(channel, sandbox.stream);
    const messages = Array.from({ length: 30 }, (_, i) => sampleMessage({ key: `key-${i % 3}` }));
    const appends = messages.map((message) => channel.publish(sandbox.stream, [message]));
    await Promise.all(appends.slice(0, 10));
    await collector.until(10);
    const later = Array.from({ length: 30 }, () => sampleMessage());
    const during = later.map((message) => channel.publish(sandbox.stream, [message]));
    await server.kill();
    await server.restart();
    await Promise.all([...appends, ...during]);
    const all = new Set([...messages, ...later].map(({ id }) => id));
    await vi.waitUntil(() => new Set(collector.ids).size >= all.size, { timeout: 15_000 });
    expect(new Set(collector.ids)).toEqual(all);
    expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(60);
  });
});
