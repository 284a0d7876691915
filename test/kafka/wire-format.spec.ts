import { describe, expect, it } from 'vitest';
import { findKcat } from '../../tools/dev-stack/index.mjs';
import { runCommand } from '../../tools/dev-stack/run-command.mjs';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const kcat = await findKcat().catch((error: unknown) => {
  if (process.env['REQUIRE_REAL'] === '1') throw error;
  console.log('the wire format is not looked at from outside:', error);
});

describe.skipIf(!hasServers || !kcat)('what other clients see of an event', () => {
  it('is a CloudEvent with a JSON value', async () => {
    const channel = openChannel({ payloads: 'record', partitions: 1 });
    const stream = freshStream();
    const fields = { product: '{"id":12345678901234567890}', photo: Uint8Array.of(0, 255) };
    const message = sampleMessage({ fields, key: 'order 7', headers: { tenant: 'north' } });
    await channel.publish(stream, [message]);
    const args = ['-b', brokers.join(','), '-t', stream.topic, '-C', '-e', '-q', '-f', '%k|%h|%s'];
    const { file = '', env = {} } = kcat ?? {};
    const stdout = await runCommand(file, args, { env, timeoutMs: 20_000 });
    const [key, headers = '', value] = stdout.split('|');
    expect(key).toBe('order 7');
    expect(value).toBe('{"product":{"id":12345678901234567890},"photo":"AP8="}');
    for (const header of [`ce_id=${message.id}`, 'ce_specversion=1.0', 'ce_binary=photo', 'x-tenant=north']) {
      expect(headers.split(',')).toContain(header);
    }
  });
});
