import { describe, expect, it, vi } from 'vitest';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';
import { storedIds } from './stored-messages.js';

describe.skipIf(redisUrl === '')('a Redis that comes and goes', () => {
  it('may be absent at start: everything waits, says so, and works once it is there', async () => {
    const absent = await startServer();
    const { port, url } = absent;
    await absent.stop();
    const channel = openChannel({ url });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    const message = sampleMessage();
    const appended = channel.publish(stream, [message]);
    await vi.waitUntil(() => heard.of('waiting').length >= 2, { timeout: 5_000 });
    expect(heard.of('waiting')[0]?.reason).toContain('ECONNREFUSED');
    expect(heard.of('ready')).toHaveLength(0);
    await startServer({ port });
    await appended;
    await collector.until(1);
    expect(collector.ids).toEqual([message.id]);
    expect(heard.of('ready')).toHaveLength(1);
    expect(heard.of('fault')).toHaveLength(0);
  });

  it('is asked again ever less often, and told about once for each pause', async () => {
    const absent = await startServer();
    await absent.stop();
    const channel = openChannel({ url: absent.url });
    const heard = new HeardDiagnostics(channel);
    new Collector(channel, freshStream());
    const began = performance.now();
    await vi.waitUntil(() => heard.of('waiting').length >= 4, { timeout: 10_000, interval: 5 });
    // The pauses before them: at least 25, 50 and 100 ms.
    expect(performance.now() - began).toBeGreaterThan(150);
  });

  it('may be killed: what was acknowledged is there after the restart, and consumers go on by themselves', async () => {
    const args = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const first = await startServer({ args });
    const channel = openChannel({ url: first.url });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    const before = [sampleMessage(), sampleMessage()];
    await channel.publish(stream, before);
    await collector.until(2);
    await vi.waitFor(async () => expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 }));
    await first.kill();
    const meanwhile = sampleMessage();
    const appended = channel.publish(stream, [meanwhile]);
    await vi.waitUntil(() => heard.of('waiting').length > 0);
    const second = await startServer({ port: first.port, dir: first.dir, args });
    await appended;
    await collector.until(3);
    const after = sampleMessage();
    await channel.publish(stream, [after]);
    await collector.until(4);
    const ids = [...before, meanwhile, after].map(({ id }) => id);
    expect(collector.ids).toEqual(ids);
    expect(await storedIds(stream, { url: second.url })).toEqual(ids);
    expect(heard.of('groupRecreated')).toHaveLength(0);
  });

  it('may be killed without having kept anything: the group begins again, and nobody loops', async () => {
    const first = await startServer();
    const channel = openChannel({ url: first.url });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream);
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    await first.kill();
    await startServer({ port: first.port });
    const message = sampleMessage();
    await channel.publish(stream, [message]);
    await collector.until(2);
    expect(collector.ids[1]).toBe(message.id);
    expect(heard.of('groupRecreated')).toHaveLength(1);
    expect(heard.of('fault').length).toBeLessThanOrEqual(3);
  });

  it('may be made a replica for a while: appends wait, and what is being handled stays so', async () => {
    const args = ['--repl-diskless-sync-delay', '0'];
    const [server, other] = [await startServer({ args }), await startServer({ args })];
    const [admin, otherAdmin] = [openClient(server.url), openClient(other.url)];
    const channel = openChannel({ url: server.url });
    const heard = new HeardDiagnostics(channel);
    const stream = freshStream();
    const collector = new Collector(channel, stream, { holds: true });
    const [before, meanwhile] = [sampleMessage(), sampleMessage()];
    await channel.publish(stream, [before]);
    await collector.until(1);
    await otherAdmin.replicaof('127.0.0.1', server.port);
    await vi.waitFor(async () => expect(await otherAdmin.exists(keyOf(stream))).toBe(1), 5_000);
    await otherAdmin.replicaof('NO', 'ONE');
    await admin.replicaof('127.0.0.1', other.port);
    const appended = channel.publish(stream, [meanwhile]);
    await vi.waitUntil(() => heard.of('fault').length > 1 && heard.of('waiting').length > 1, { timeout: 5_000 });
    await admin.replicaof('NO', 'ONE');
    await appended;
    await collector.until(2);
    expect(collector.ids).toEqual([before.id, meanwhile.id]);
    expect(collector.lost).toEqual([]);
    expect(await collector.settle(collector.deliveries)).toEqual([]);
  });

  it('is left in time when the channel closes, although it does not answer', async () => {
    const server = await startServer();
    const channel = openChannel({ url: server.url, commandTimeoutMs: 200 });
    const stream = freshStream();
    const collector = new Collector(channel, stream, { holds: true });
    await channel.publish(stream, [sampleMessage()]);
    await collector.until(1);
    process.kill(server.pid, 'SIGSTOP');
    const began = performance.now();
    await channel.close();
    expect(performance.now() - began).toBeLessThan(3_000);
    process.kill(server.pid, 'SIGCONT');
  });
});
