import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const run = promisify(execFile);
const kcat = await findKcat();
if (!kcat) console.log('the wire format is not looked at from outside: there is no kcat');

describe.skipIf(!hasServers || !kcat)('what other clients see of an event', () => {
  it('is a CloudEvent with a JSON value', async () => {
    const channel = openChannel({ payloads: 'record', partitions: 1 });
    const stream = freshStream();
    const fields = { product: '{"id":12345678901234567890}', photo: Uint8Array.of(0, 255) };
    const message = sampleMessage({ fields, key: 'order 7', headers: { tenant: 'north' } });
    await channel.publish(stream, [message]);
    const { stdout } = await run(kcat ?? '', [
      '-b',
      brokers.join(','),
      '-t',
      stream.topic,
      '-C',
      '-e',
      '-q',
      '-f',
      '%k|%h|%s',
    ]);
    const [key, headers = '', value] = stdout.split('|');
    expect(key).toBe('order 7');
    expect(value).toBe('{"product":{"id":12345678901234567890},"photo":"AP8="}');
    for (const header of [`ce_id=${message.id}`, 'ce_specversion=1.0', 'ce_binary=photo', 'x-tenant=north']) {
      expect(headers.split(',')).toContain(header);
    }
  });
});

async function findKcat(): Promise<string | undefined> {
  for (const name of ['kcat', 'kafkacat']) {
    const found = await run(name, ['-V']).then(
      () => name,
      () => undefined,
    );
    if (found) return found;
  }
  return undefined;
}
