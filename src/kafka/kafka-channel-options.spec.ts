import { describe, expect, it } from 'vitest';
import { kafkaChannel } from './kafka-channel.js';
import type { KafkaChannelOptions } from './kafka-channel-options.js';

const brokers = ['127.0.0.1:1'];

describe('kafkaChannel refuses', () => {
  it.each<[string, object, string]>([
    ['no payloads', { brokers }, 'payloads'],
    ['payloads of another kind', { brokers, payloads: 'redis' }, 'payloads'],
    ['an unknown option', { brokers, payloads: 'record', retries: 3 }, 'retries'],
    ['no brokers', { payloads: 'record' }, 'brokers'],
    ['no partition', { brokers, payloads: 'record', partitions: 0 }, 'partitions'],
    ['half a replica', { brokers, payloads: 'record', replicationFactor: 1.5 }, 'replicationFactor'],
    ['an unknown way out', { brokers, payloads: 'record', onOffsetLost: 'skip' }, 'onOffsetLost'],
  ])('%s', (_, options, named) => {
    const make = () => kafkaChannel(options as KafkaChannelOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'EB_OPTIONS' }));
    expect(make).toThrow(named);
  });

  it('nothing that can work, and says what it can do', async () => {
    const channel = kafkaChannel({ brokers, payloads: 'record' });
    expect(channel.supports).toMatchObject({ persistent: true, keyedOrderAcrossConsumers: true, erase: false });
    await channel.close();
  });
});
