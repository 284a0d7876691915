import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Consumer, describeContract, type Channel, type DeadLetter, type Stream } from 'nest-event-backbone/core';
import { HeardDiagnostics } from './heard-diagnostics.js';
import { HOSTILE_ENTRIES, SECRET_KEY } from './hostile-entries.js';
import { freshStream, keyOf, openChannel, openClient, redisUrl } from './open-channel.js';
import { sampleMessage } from './sample-message.js';
import { Samples } from './sample-taken.js';
import { startServer } from './start-server.js';

describe.skipIf(redisUrl === '')('a Redis stream that others write to as well', () => {
  it.for(HOSTILE_ENTRIES.map((hostile) => [hostile.name, hostile] as const))(
    'survives an entry with %s',
    async ([, { entry, becomes, prepare }]) => {
      const stream = freshStream();
      const channel = openChannel();
      const client = openClient();
      await prepare?.(client, stream);
      const position = (await client.xadd(keyOf(stream), '*', ...entry)) as string;
      const healthy = sampleMessage();
      await channel.publish(stream, [healthy]);
      const handled = consume(channel, stream);
      await vi.waitUntil(() => handled.includes(healthy.id), { timeout: 10_000, interval: 10 });
      const dead = becomes === 'handled' ? [] : [{ kind: becomes, position: { partition: 0, id: position } }];
      expect(await lettersOf(channel, stream, dead.length)).toMatchObject(dead);
      expect(handled).toHaveLength(2 - dead.length);
      expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
    },
  );

  it('is read together with all of that in one batch, and nothing that an entry points at is touched', async () => {
    const server = await startServer();
    const stream = freshStream();
    const channel = openChannel({ url: server.url });
    const client = openClient(server.url);
    const seen: string[] = [];
    const monitor = await openClient(server.url).monitor();
    onTestFinished(() => monitor.disconnect());
    await client.set(SECRET_KEY, 'secret');
    const dead = new Map<string, string>();
    for (const { entry, becomes, prepare } of HOSTILE_ENTRIES) {
      await prepare?.(client, stream);
      const position = await client.xadd(keyOf(stream), '*', ...entry);
      if (becomes !== 'handled') dead.set(String(position), becomes);
    }
    monitor.on('monitor', (_time: string, args: string[]) => void seen.push(args.join(' ')));
    const healthy = sampleMessage();
    await channel.publish(stream, [healthy]);
    const handled = consume(channel, stream);
    await vi.waitUntil(() => handled.includes(healthy.id), { timeout: 10_000, interval: 10 });
    const letters = await lettersOf(channel, stream, dead.size);
    expect(new Map(letters.map(({ position, kind }) => [position.id, kind]))).toEqual(dead);
    // The monitor does see what is read.
    expect(seen.some((command) => command.includes(keyOf(stream, 'event:proto')))).toBe(true);
    // Nor does it forget what this test itself has written before.
    const touched = seen.filter((command) => command.includes(SECRET_KEY) && !/^(set|xadd|hset) /i.test(command));
    expect(touched).toEqual([]);
  });

  it('says so when an entry with the last possible id has ended it', async () => {
    const stream = freshStream();
    const channel = openChannel();
    const heard = new HeardDiagnostics(channel);
    const last = '18446744073709551615-18446744073709551615';
    await openClient().xadd(keyOf(stream), last, 'a', 'b');
    await expect(channel.publish(stream, [sampleMessage()])).rejects.toMatchObject({
      code: 'EB_CHANNEL',
      message: expect.stringContaining('exhausted') as string,
    });
    consume(channel, stream);
    await vi.waitUntil(() => heard.of('fault').length > 0);
    expect(heard.of('fault')[0]?.reason).toContain('in the future');
  });
});

/** Consumes with the library's own consumer; returns the ids of what its handler got. */
function consume(channel: Channel, stream: Stream): readonly string[] {
  const handled: string[] = [];
  const event = describeContract(Samples).byMethod.get('sampleTaken');
  if (!event) throw new Error('the contract has no event');
  const consumer = new Consumer({
    channel,
    stream,
    group: 'group',
    knownTypes: [event.type],
    handlers: [{ event, invoke: (_args, { id }) => void handled.push(id) }],
  });
  consumer.start();
  onTestFinished(() => consumer.stop(5_000));
  return handled;
}

async function lettersOf(channel: Channel, stream: Stream, count: number): Promise<readonly DeadLetter[]> {
  return vi.waitFor(async () => {
    const letters = await channel.admin.deadLetters.list(stream, 'group', { limit: 1_000 });
    expect(await channel.admin.state(stream, 'group')).toMatchObject({ pending: 0 });
    expect(letters).toHaveLength(count);
    return letters;
  }, 5_000);
}
