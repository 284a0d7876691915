import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  DIAGNOSTICS,
  NonRetryableError,
  type Channel,
  type ConsumerDiagnostic,
  type Stream,
} from 'nest-event-backbone/core';
import { checkHistory, History, recordedChannel } from 'nest-event-backbone/testing';
import { Collector } from '../redis/collector.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from '../redis/open-channel.js';
import { sampleMessage } from '../redis/sample-message.js';
import { startServer } from '../redis/start-server.js';
import { startConsumer } from './sample-consumer.js';
import { storedEvents } from './stored-events.js';

const run = promisify(execFile);
const disk = await smallDisk();
if (disk === undefined) console.log('tests of a full disk are skipped: no small file system can be mounted here');

describe.skipIf(redisUrl === '')('a Redis whose memory is full', () => {
  it('keeps an event pending whose dead letter cannot be written, and sets it aside once there is room', async () => {
    const { channel, stream, admin } = await serverOfOurs();
    let tries = 0;
    const full = deferred();
    startConsumer(channel, stream, async () => {
      tries += 1;
      await full.promise;
      throw new NonRetryableError('poison');
    });
    const faults = heardSettlements(channel);
    await channel.publish(stream, [sampleMessage()]);
    await vi.waitUntil(() => tries === 1);
    await admin.config('SET', 'maxmemory', '1');
    full.resolve();
    await vi.waitUntil(() => faults.length >= 2, { timeout: 5_000 });
    expect(await stateOf(channel, stream)).toMatchObject({ pending: 1, deadLetters: 0 });
    await admin.config('SET', 'maxmemory', '0');
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject(SET_ASIDE), 10_000);
    expect(tries).toBe(1);
  });

  it('would lose that event if it were acknowledged first and its dead letter written then', async () => {
    const { channel, stream, admin } = await serverOfOurs();
    await channel.publish(stream, [sampleMessage()]);
    const [taken] = await new Collector(channel, stream, { holds: true }).until(1);
    await admin.config('SET', 'maxmemory', '1');
    await admin.xack(keyOf(stream), 'group~0', taken?.position.id ?? '');
    const letter = admin.xadd(keyOf(stream, 'dead:group'), '*', 'position', taken?.position.id ?? '');
    await expect(letter).rejects.toThrow(/^OOM/);
    expect(await stateOf(channel, stream)).toMatchObject({ pending: 0, deadLetters: 0 });
  });

  it('refuses appends as such, lets its consumers drain, and takes appends again', async () => {
    const { channel, stream, admin, server } = await serverOfOurs();
    const history = new History();
    const recorded = recordedChannel(channel, history);
    const begin = deferred();
    startConsumer(recorded, stream, () => begin.promise, { concurrency: 50 });
    const append = (count: number) =>
      recorded.publish(
        stream,
        Array.from({ length: count }, () => sampleMessage()),
      );
    await append(50);
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject({ pending: 50 }));
    await admin.config('SET', 'maxmemory', '1mb');
    await expect(append(1)).rejects.toMatchObject({ code: 'EB_BACKPRESSURE' });
    begin.resolve();
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject(DONE), 5_000);
    await admin.config('SET', 'maxmemory', '0');
    await append(5);
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject(DONE), 5_000);
    const stored = await storedEvents(stream, server.url);
    expect(checkHistory(history.records, { stored })).toMatchObject({ appended: 55, deliveries: 55, failures: [] });
  });
});

describe.skipIf(redisUrl === '' || disk === undefined)('a Redis whose disk is full', () => {
  it('is waited for: nothing is set aside, no event is handed out twice, and all goes on when there is room', async () => {
    const dir = await mkdtemp(join(disk ?? '', 'redis-'));
    const server = await startServer({ dir, args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] });
    const channel = openChannel({ url: server.url, publishTimeoutMs: 30_000 });
    const [history, stream, heard] = [new History(), freshStream(), new HeardDiagnostics(channel)];
    const recorded = recordedChannel(channel, history);
    const handled: string[] = [];
    startConsumer(recorded, stream, ({ id, deliveries }) => void handled.push(`${id} ${deliveries}`));
    const append = () => recorded.publish(stream, [sampleMessage({ fields: { sample: `"${'x'.repeat(3_000)}"` } })]);
    await append();
    await vi.waitUntil(() => handled.length === 1);
    // Whatever is left of the disk.
    await writeFile(join(disk ?? '', 'ballast'), Buffer.alloc(4_000_000)).catch(() => undefined);
    const appends = Array.from({ length: 20 }, append);
    await vi.waitUntil(() => heard.of('fault').some(({ reason }) => reason?.includes('MISCONF')), { timeout: 15_000 });
    await rm(join(disk ?? '', 'ballast'));
    await Promise.all(appends);
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject(DONE), 15_000);
    expect(handled.every((each) => each.endsWith(' 1'))).toBe(true);
    const stored = await storedEvents(stream, server.url);
    expect(checkHistory(history.records, { stored })).toMatchObject({ appended: 21, redeliveries: 0, failures: [] });
  }, 60_000);

  it('and that ends because it must write every append, is a server that is away, and comes back', async () => {
    const dir = await mkdtemp(join(disk ?? '', 'redis-'));
    const args = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const server = await startServer({ dir, args });
    const channel = openChannel({ url: server.url, publishTimeoutMs: 30_000 });
    const [stream, heard] = [freshStream(), new HeardDiagnostics(channel)];
    const collector = new Collector(channel, stream);
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    await writeFile(join(disk ?? '', 'ballast'), Buffer.alloc(4_000_000)).catch(() => undefined);
    const fields = { sample: `"${'x'.repeat(3_000)}"` };
    const appends = Array.from({ length: 20 }, () => channel.publish(stream, [sampleMessage({ fields })]));
    await vi.waitUntil(() => heard.of('waiting').length > 0, { timeout: 15_000 });
    await rm(join(disk ?? '', 'ballast'));
    await startServer({ port: server.port, dir, args });
    await Promise.all(appends);
    await collector.until(21);
    await vi.waitFor(async () => expect(await stateOf(channel, stream)).toMatchObject(DONE), 15_000);
    expect(new Set(collector.ids).size).toBe(21);
  }, 60_000);
});

const DONE = { pending: 0, lag: 0, deadLetters: 0 };
const SET_ASIDE = { pending: 0, lag: 0, deadLetters: 1 };

async function serverOfOurs() {
  const server = await startServer();
  return { server, channel: openChannel({ url: server.url }), stream: freshStream(), admin: openClient(server.url) };
}

function stateOf(channel: Channel, stream: Stream) {
  return channel.admin.state(stream, 'group');
}

function heardSettlements(channel: Channel): readonly unknown[] {
  const failed: unknown[] = [];
  const listener = (message: unknown) => {
    const event = message as ConsumerDiagnostic;
    if (event.channel === channel && event.kind === 'settleFailed') failed.push(event.error);
  };
  subscribe(DIAGNOSTICS.consumer, listener);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.consumer, listener));
  return failed;
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}

/** A file system of three megabytes, gone with this file's tests; nothing where mounting is not allowed. */
async function smallDisk(): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'small-disk-'));
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', dir]).then(
    () => true,
    () => false,
  );
  if (!mounted) {
    await rm(dir, { recursive: true });
    return undefined;
  }
  afterAll(async () => {
    // Also while something still looks at it.
    await run('umount', ['-l', dir]);
    await rm(dir, { recursive: true, force: true });
  });
  return dir;
}
