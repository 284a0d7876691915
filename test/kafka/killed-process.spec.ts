import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildWhatIsMissing } from '../../tools/demo/build-what-is-missing.mjs';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { brokers, freshStream, hasServers, openChannel } from './open-channel.js';

const WORKER = fileURLToPath(new URL('./consuming-process.mjs', import.meta.url));

describe.skipIf(!hasServers)('a consumer in a process of its own', () => {
  beforeAll(() => buildWhatIsMissing((line) => console.log(line)), 180_000);

  it('that is killed in the middle of its work loses nothing to its group', { timeout: 60_000 }, async () => {
    const channel = openChannel({ payloads: 'record' });
    const stream = freshStream();
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const messages = Array.from({ length: 10 }, (_, j) => sampleMessage({ key: `key ${j}` }));
      await channel.publish(stream, messages);
      ids.push(...messages.map(({ id }) => id));
    }
    const { environment, contract } = stream;
    const worker = spawn(process.execPath, [WORKER, brokers.join(','), environment, contract]);
    onTestFinished(() => void worker.kill('SIGKILL'));
    let settled = '';
    worker.stdout.on('data', (chunk: Buffer) => (settled += chunk.toString()));
    await vi.waitUntil(() => settled.split('\n').length > 40, { timeout: 20_000 });
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const heir = new Collector(channel, stream);
    const all = () => new Set([...settled.trim().split('\n'), ...heir.ids]);
    await vi.waitUntil(() => all().size === ids.length, { timeout: 20_000 });
    expect(all()).toEqual(new Set(ids));
    // It had committed some of it: the group did not begin anew.
    expect(heir.deliveries.length).toBeLessThan(ids.length);
  });
});
