import { describe, expect, it, vi } from 'vitest';
import { Collector } from '../redis/collector.js';
import { sampleMessage } from '../redis/sample-message.js';
import { freshStream, hasServers, openChannel } from './open-channel.js';

const EVENTUALLY = { timeout: 30_000, interval: 200 };

describe.skipIf(!hasServers)('what an operator sees on Kafka', () => {
  it('names the members of a group with the partitions that each has, those of other processes, too', async () => {
    const stream = freshStream();
    const channel = openChannel({ payloads: 'record', partitions: 4 });
    await channel.publish(stream, [sampleMessage(), sampleMessage()]);
    new Collector(channel, stream);
    const elsewhere = openChannel({ payloads: 'record', partitions: 4 });
    new Collector(elsewhere, stream);
    await vi.waitFor(async () => {
      const { members = [], consumers } = (await channel.admin.state(stream, 'group')) ?? {};
      expect(consumers).toBe(2);
      expect(members.map(({ partitions }) => partitions?.length)).toEqual([2, 2]);
      expect(members.flatMap(({ partitions }) => partitions ?? []).sort()).toEqual([0, 1, 2, 3]);
    }, EVENTUALLY);
  });

  it('counts what a stream holds by its offsets, and makes no topic for a stream that is not there', async () => {
    const stream = freshStream();
    const channel = openChannel({ payloads: 'record', partitions: 2 });
    expect(await channel.admin.extent(stream)).toEqual({
      ...{ events: 0, isEstimated: true, appended: 0 },
      ...{ first: [], last: [] },
    });
    await channel.publish(stream, [sampleMessage({ key: 'a' })]);
    await channel.publish(stream, [sampleMessage({ key: 'a' })]);
    expect(await channel.admin.extent(stream)).toMatchObject({
      ...{ events: 2, isEstimated: true, appended: 2 },
      ...{ first: [{ id: '0' }], last: [{ id: '1' }] },
    });
  });
});
