import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { Collector } from '../redis/collector.js';
import { HeardDiagnostics } from '../redis/heard-diagnostics.js';
import { sampleMessage } from '../redis/sample-message.js';
import { OldBroker } from './old-broker.js';
import { freshStream, hasServers } from './open-channel.js';

const JOIN_GROUP = 11;
const INIT_PRODUCER_ID = 22;

describe.skipIf(!hasServers)('a broker that lacks a request which is needed', { timeout: 90_000 }, () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  let broker: OldBroker;
  beforeAll(async () => {
    const advertise = async (address: string) => (broker = await OldBroker.before(address)).address;
    kafka = await startKafka({ advertise });
  });
  afterAll(async () => {
    await kafka.stop();
    broker.close();
  });

  it('refuses appends with an error that names it, and takes them once it knows it', async () => {
    const stream = freshStream();
    const channel = open();
    await channel.publish(stream, [sampleMessage()]);
    broker.forget(INIT_PRODUCER_ID);
    const refused = open().publish(stream, [sampleMessage()]);
    await expect(refused).rejects.toMatchObject({
      code: 'EB_CHANNEL',
      message: expect.stringMatching(NAMED) as string,
    });
    broker.forget();
    await channel.publish(stream, [sampleMessage()]);
  });

  it('makes consumers wait and say why, with pauses, and lets them go on once it knows it', async () => {
    const stream = freshStream();
    const message = sampleMessage();
    await open().publish(stream, [message]);
    broker.forget(JOIN_GROUP);
    const channel = open();
    const heard = new HeardDiagnostics(channel);
    const collector = new Collector(channel, stream);
    const told = () => heard.of('waiting').filter(({ reason }) => reason?.includes('JoinGroup'));
    await vi.waitFor(() => expect(told().length).toBeGreaterThanOrEqual(5), 40_000);
    // Without pauses there would be hundreds by now.
    expect(broker.connections).toBeLessThan(100);
    expect(told()[0]?.reason).toContain('docs/kafka.md');
    expect(collector.error).toBeUndefined();
    broker.forget();
    await collector.until(1, 30_000);
    expect(collector.ids).toEqual([message.id]);
  });

  function open() {
    const channel = kafkaChannel({
      brokers: kafka.brokers,
      payloads: 'record',
      partitions: 1,
      sessionTimeoutMs: 2_000,
    });
    onTestFinished(() => channel.close());
    return channel;
  }
});

const NAMED = /the brokers lack a request that is needed.*InitProducerId/;
