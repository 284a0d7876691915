import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { Collector } from './collector.js';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { openChannel, openClient, redisUrl } from './open-channel.js';
import { largeMessage, sampleMessage } from './sample-message.js';
import { startServer } from './start-server.js';

const stream = { environment: 'prod', contract: 'orders' };
const unknown = { kind: 'unknown', code: 'EB_UNKNOWN_TYPE', error: 'nobody knows it', attempts: 0 } as const;
const deadLetter = { kind: 'failed', code: 'Error', error: 'Error: no', attempts: 1 } as const;

describe.skipIf(redisUrl === '')('the users of docs/redis-acl.md', () => {
  it('may do what they are for', async () => {
    const { urlOf, denied } = await serverWithUsers();
    const producer = openChannel({ url: urlOf('producer') });
    const messages = [
      sampleMessage(),
      sampleMessage({ fields: { name: '"Ada"', age: '36' }, personal: ['name'] }),
      largeMessage(),
      sampleMessage(),
    ];
    for (const message of messages) await producer.publish(stream, [message]);
    await producer.publish(stream, messages);

    const settings = { url: urlOf('consumer'), leaseMs: 100 };
    const leaving = new Collector(openChannel(settings), stream, { holds: true, consumer: 'leaving' });
    await leaving.until(4);
    await leaving.subscription.close();
    const consuming = openChannel(settings);
    const heard = new HeardDiagnostics(consuming);
    const types = ['sampleTaken.v1'];
    const collector = new Collector(consuming, stream, { holds: true, parkKeys: true, types });
    const [first, second, ...others] = await collector.until(4);
    if (!first || !second) throw new Error('nothing was delivered');
    await collector.subscription.record(others, 'failure');
    await collector.subscription.record([first], 'start');
    await collector.subscription.settle(others.map((delivery) => ({ delivery })));
    expect(collector.ids).toEqual(messages.map(({ id }) => id));
    await collector.subscription.settle([{ delivery: second, deadLetter: unknown }]);
    await collector.until(5);
    await collector.settle(collector.deliveries.slice(4));
    await collector.subscription.settle([{ delivery: first, deadLetter, park: true }]);
    await producer.publish(stream, [sampleMessage({ key: messages[0]?.key })]);
    await vi.waitUntil(() => heard.of('parked').length > 0);
    expect(heard.of('fault')).toEqual([]);

    const { admin } = openChannel({ url: urlOf('operator') });
    expect(await admin.groups(stream)).toMatchObject([{ pending: 0, deadLetters: 2, parkedKeys: 1 }]);
    const [letter] = await admin.deadLetters.list(stream, 'group');
    const id = letter?.id ?? '';
    expect(await admin.deadLetters.show(stream, 'group', id)).toMatchObject({ event: { message: messages[0] } });
    expect(await admin.deadLetters.redrive(stream, 'group', [id])).toBe(1);
    expect(await admin.deadLetters.remove(stream, 'group', [id])).toBe(0);
    await collector.until(7);
    expect(await admin.erase(stream, [messages[1]?.id ?? ''])).toBe(1);
    expect(await admin.erase(stream, [messages[2]?.id ?? ''], ['name'])).toBe(1);
    await admin.reset(stream, 'group', 'beginning');
    await collector.until(12);
    expect(await admin.trim(stream, { keep: 1 })).toBe(0);
    expect(await admin.trim(stream, { keep: 1, force: true })).toBe(4);
    expect(heard.of('fault')).toEqual([]);
    expect(await denied()).toEqual([]);
  });

  it('may not do anything else', async () => {
    const { urlOf } = await serverWithUsers();
    const elsewhere = { environment: 'test', contract: 'orders' };
    const refusal = { code: 'EB_CHANNEL', message: expect.stringMatching(/NOPERM|can't run this command/) as string };
    const producer = openChannel({ url: urlOf('producer') });
    await expect(producer.publish(elsewhere, [sampleMessage()])).rejects.toMatchObject(refusal);
    await producer.publish(stream, [sampleMessage()]);
    await expect(producer.admin.groups(stream)).rejects.toMatchObject(refusal);
    const reading = new Collector(producer, stream);
    await vi.waitUntil(() => reading.error !== undefined, { timeout: 5_000 });
    expect(reading.error).toMatchObject(refusal);
    const consumer = openChannel({ url: urlOf('consumer') });
    await expect(consumer.publish(stream, [largeMessage()])).rejects.toMatchObject(refusal);
    const operator = openChannel({ url: urlOf('operator') });
    await expect(operator.admin.groups(elsewhere)).rejects.toMatchObject(refusal);
  });
});

async function serverWithUsers() {
  const server = await startServer();
  const admin = openClient(server.url);
  const page = await readFile(new URL('../../docs/redis-acl.md', import.meta.url), 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('ACL SETUSER '));
  expect(lines).toHaveLength(3);
  const passwords = new Map<string, string>();
  for (const line of lines) {
    const [, , user = '', ...rules] = line.split(' ');
    await admin.acl('SETUSER', user, ...rules);
    passwords.set(user, /^>(.*)/m.exec(rules.join('\n'))?.[1] ?? '');
  }
  return {
    urlOf: (user: string) => server.url.replace('//', `//${user}:${passwords.get(user) ?? ''}@`),
    // Newer servers know a command by which the client introduces itself; it does without.
    denied: async () =>
      ((await admin.acl('LOG')) as string[][])
        .map((entry) => entry.join(' '))
        .filter((entry) => !/setinfo/.test(entry)),
  };
}
