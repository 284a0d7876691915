import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import { Consumer } from './consumer.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DIAGNOSTICS, type ChannelDiagnostic } from './diagnostics.js';
import { createProducer } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent({ name: 'placed', version: 1, deprecated: 'produce' })
  placedV1(n: number) {
    return { n };
  }

  @ContractEvent({ name: 'placed', version: 2, deprecated: 'handle' })
  placedV2(n: number) {
    return { n };
  }

  @ContractEvent({ name: 'placed', version: 3, deprecated: true })
  placedV3(n: number) {
    return { n };
  }

  @ContractEvent({ version: 4 })
  placed(n: number) {
    return { n };
  }
}

/** What is said of deprecated events from now on. */
function noticesOf(channel: Channel): readonly string[] {
  const notices: string[] = [];
  const hear = (message: unknown): void => {
    const told = message as ChannelDiagnostic;
    if (told.channel !== channel || told.kind !== 'deprecated') return;
    notices.push([told.stream?.contract, told.group, told.reason?.split(';')[0]].filter(Boolean).join(' '));
  };
  subscribe(DIAGNOSTICS.channel, hear);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.channel, hear));
  return notices;
}

it('a version that is deprecated for producers is told of once, however often and in whatever way it is produced', async () => {
  const channel = memoryChannel();
  const notices = noticesOf(channel);
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'test' });
  await orders.placedV1(1);
  await orders.$with({ key: 'k' }).placedV1(2);
  await orders.$batch((batch) => {
    batch.placedV1(3);
    batch.placedV2(3);
    batch.placedV3(3);
    batch.placed(3);
  });
  expect(notices).toEqual([
    'orders placed.v1 is produced and deprecated',
    'orders placed.v3 is produced and deprecated',
  ]);
});

it('a handler of a version that is deprecated for handlers is told of when its consumer starts', async () => {
  const channel = memoryChannel();
  const notices = noticesOf(channel);
  const events = [...describeContract(Orders).byType.values()];
  const consumer = new Consumer({
    ...{ channel, stream: { environment: 'test', contract: 'orders' }, group: 'transit' },
    knownTypes: events.map(({ type }) => type),
    handlers: events.map((event) => ({ event, invoke: () => undefined })),
  });
  expect(notices).toEqual([]);
  consumer.start();
  await consumer.stop(1_000);
  expect(notices).toEqual([
    'orders transit placed.v2 has a handler and is deprecated',
    'orders transit placed.v3 has a handler and is deprecated',
  ]);
});
