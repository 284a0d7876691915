import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { Channel } from 'nest-event-backbone/core';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

const PASSWORD = 'canary-password';
const PAYLOAD = 'canary-payload';
const SECRETS = /canary/;
const fields = { note: JSON.stringify(PAYLOAD), large: JSON.stringify(PAYLOAD.repeat(1_000)) };

describe.skipIf(redisUrl === '')('errors and diagnostics of the Redis channel', () => {
  it('hold neither a password nor anything of an event', async () => {
    const server = await startServer({ args: ['--requirepass', PASSWORD] });
    const url = server.url.replace('//', `//:${PASSWORD}@`);
    const admin = openClient(url);
    const channel = openChannel({ url, publishTimeoutMs: 700, commandTimeoutMs: 250 });
    const heard = new HeardDiagnostics(channel);
    const errors: unknown[] = [];
    const failing = async (expected: string, call: () => Promise<unknown>) => {
      const error: unknown = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: expected });
      errors.push(error);
    };
    const message = () => sampleMessage({ key: PAYLOAD, headers: { note: PAYLOAD }, fields, personal: ['note'] });
    const publish = (target: Channel, stream = freshStream()) => target.publish(stream, [message()]);

    const stream = freshStream();
    await publish(channel, stream);
    const collector = new Collector(channel, stream, { holds: true });
    await collector.until(1);

    const wrong = openChannel({ url: url.replace(PASSWORD, `${PASSWORD}-wrong`), publishTimeoutMs: 300 });
    const heardWrong = new HeardDiagnostics(wrong);
    await failing('EB_NOT_STORED', () => publish(wrong));
    const mistyped = freshStream();
    await admin.set(keyOf(mistyped), PAYLOAD);
    await failing('EB_CHANNEL', () => publish(channel, mistyped));
    const reading = new Collector(channel, mistyped);
    await vi.waitUntil(() => reading.error !== undefined);
    errors.push(reading.error);
    await failing('EB_NAME', () => channel.publish(stream, [{ ...message(), fields: { 'no name': PAYLOAD } }]));
    await failing('EB_TOO_LARGE', () => channel.publish(stream, [{ ...message(), key: PAYLOAD.repeat(30_000) }]));
    await admin.config('SET', 'maxmemory', '1mb');
    await failing('EB_BACKPRESSURE', () => publish(channel));
    await admin.config('SET', 'maxmemory', '0');
    await admin.acl('SETUSER', 'default', '-eval', '-evalsha');
    await failing('EB_CHANNEL', () => publish(channel));
    await admin.acl('SETUSER', 'default', '+eval', '+evalsha');
    await admin.call('acl', 'setuser', 'default', '-xadd');
    await failing('EB_CHANNEL', () => publish(channel));
    await admin.call('acl', 'setuser', 'default', '+xadd');
    process.kill(server.pid, 'SIGSTOP');
    await failing('EB_OUTCOME_UNKNOWN', () => publish(channel));
    await failing('EB_CHANNEL', () => collector.settle(collector.deliveries));
    process.kill(server.pid, 'SIGCONT');
    await channel.close();
    await failing('EB_CLOSED', () => publish(channel));

    for (const error of errors) {
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(SECRETS);
      expect(JSON.stringify(error)).not.toMatch(SECRETS);
    }
    expect(heard.all.length + heardWrong.all.length).toBeGreaterThan(3);
    expect(heard.text + heardWrong.text).not.toMatch(SECRETS);
    // A logger may be given the whole event, and the channel with it.
    expect(inspect([heard.all, heardWrong.all], { depth: Infinity })).not.toMatch(SECRETS);
    expect(JSON.stringify([heard.all, heardWrong.all])).not.toMatch(SECRETS);
  });
});
