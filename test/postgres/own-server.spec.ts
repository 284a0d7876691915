import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { startPostgres } from '../../tools/dev-stack/index.mjs';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { Collector } from '../redis/collector.js';
import { PATIENCE_MS, Sandbox } from './sandbox.js';

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
    await vi.waitFor(() => expect(heard.text).toContain('is a replica'), PATIENCE_MS);
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
    await vi.waitUntil(() => new Set(collector.ids).size >= all.size, { timeout: PATIENCE_MS });
    expect(new Set(collector.ids)).toEqual(all);
    expect(await sandbox.query(`SELECT FROM "${sandbox.table}"`)).toHaveLength(60);
  });

  it('whose disk is full refuses appends as such, hands out what it has, and takes appends again when there is room', async ({
    skip,
  }) => {
    const disk = await smallDisk();
    skip(disk === undefined, 'no small file system can be mounted here');
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const space = join(disk ?? '', 'space');
    await mkdir(space);
    await chown(
      space,
      server.binary.user.uid ?? process.getuid?.() ?? 0,
      server.binary.user.gid ?? process.getgid?.() ?? 0,
    );
    const sandbox = new Sandbox(server.url);
    const channel = sandbox.open();
    const large = () => sampleMessage({ fields: { text: randomBytes(16_384).toString('base64') } });
    const sent = [large()];
    await channel.publish(sandbox.stream, sent);
    await sandbox.query(`CREATE TABLESPACE small LOCATION '${space}'`);
    await sandbox.query(`ALTER TABLE "${sandbox.table}" SET TABLESPACE small`);
    const ballast = join(disk ?? '', 'ballast');
    // Whatever is left of the disk.
    await writeFile(ballast, Buffer.alloc(16 * 2 ** 20)).catch(() => undefined);
    const refused = async () => {
      for (;;) {
        const message = large();
        try {
          await channel.publish(sandbox.stream, [message]);
        } catch (error) {
          return error;
        }
        sent.push(message);
      }
    };
    await expect(refused()).resolves.toMatchObject({
      code: 'EB_BACKPRESSURE',
      message: expect.stringMatching(/out of space .*\(53100\)\); nothing was stored/) as string,
    });
    const collector = new Collector(channel, sandbox.stream);
    await expect(collector.until(sent.length)).resolves.toHaveLength(sent.length);
    await rm(ballast);
    const last = large();
    await expect(channel.publish(sandbox.stream, [last])).resolves.toMatchObject([{ duplicate: false }]);
    await collector.until(sent.length + 1);
    expect(new Set(collector.ids)).toEqual(new Set([...sent, last].map(({ id }) => id)));
  });
});

/** A file system of a few megabytes, gone after the test; nothing where mounting is not allowed. */
async function smallDisk(): Promise<string | undefined> {
  const run = promisify(execFile);
  const dir = await mkdtemp(join(tmpdir(), 'small-disk-'));
  // Also while something still looks at it.
  onTestFinished(async () => {
    await run('umount', ['-l', dir]).catch(() => undefined);
    await rm(dir, { recursive: true, force: true });
  });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir]);
    // The server's user has to get in.
    await chmod(dir, 0o755);
    return dir;
  } catch {
    return undefined;
  }
}
