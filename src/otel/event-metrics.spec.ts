import { hasSubscribers } from 'node:diagnostics_channel';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  DIAGNOSTICS,
  EventsContract,
  reportChannel,
  reportConsumer,
  type ChannelDiagnostic,
  type ConsumeContext,
  type ConsumerState,
  type Middleware,
} from '../core/index.js';
import { memoryChannel, type MemoryChannel } from '../memory/index.js';
import { retry } from '../middleware/retry.js';
import { EventMetrics } from './event-metrics.js';
import type { Measured } from './measured.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number) {
    return { number };
  }
}

const contract = describeContract(Orders);
const STREAM = { environment: 'test', contract: 'orders' };

class Reader extends MetricReader {
  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();
}

interface Point {
  readonly value: unknown;
  readonly [attribute: string]: unknown;
}

/** Metrics of a channel in memory, and a way to read them. */
function scene(given: Partial<Measured> = {}, pollTimeoutMs = 60_000) {
  const channel = memoryChannel();
  onTestFinished(() => channel.close());
  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  const groups = () => Promise.resolve([]);
  const measured: Measured = { channel, states: () => [], groups, ...given };
  const metrics = new EventMetrics(measured, { system: 'memory', meterProvider, pollMs: 0, pollTimeoutMs });
  metrics.open();
  onTestFinished(() => metrics.close());
  const read = async (name: string): Promise<readonly Point[]> => {
    const { resourceMetrics } = await reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const found = all.find(({ descriptor }) => descriptor.name === name);
    return (found?.dataPoints ?? []).map(({ attributes, value }) => ({
      ...attributes,
      value: typeof value === 'object' && 'count' in value ? value.count : value,
    }));
  };
  return { channel, metrics, read };
}

/** Produces one event and handles it until it has come to its end. */
async function handleOne(channel: MemoryChannel, invoke: (context: ConsumeContext) => unknown): Promise<void> {
  await createProducer(Orders, { channel, environment: 'test', source: 'shop' }).placed(1);
  const event = contract.byMethod.get('placed');
  if (!event) throw new Error('no event');
  const middleware = [retry({ attempts: 2, wait: () => Promise.resolve() })];
  const consumer = new Consumer({
    ...{ channel, stream: STREAM, group: 'transit', knownTypes: ['placed.v1'], middleware },
    handlers: [{ event, invoke: (_, context) => invoke(context) }],
  });
  consumer.start();
  await channel.settled();
  await consumer.stop(5_000);
}

const ABOUT = {
  'messaging.system': 'memory',
  'messaging.destination.name': 'test:orders',
};
const OF_GROUP = { ...ABOUT, 'messaging.consumer.group.name': 'transit' };
const OF_EVENT = { ...OF_GROUP, 'cloudevents.event_type': 'placed.v1' };

describe('the metrics of a channel', () => {
  it('count and time what is sent and what is handled', async () => {
    const { channel, read } = scene();
    await handleOne(channel, () => undefined);
    const sent = { ...ABOUT, 'messaging.operation.name': 'send', 'cloudevents.event_type': 'placed.v1', value: 1 };
    expect(await read('messaging.client.sent.messages')).toEqual([expect.objectContaining(sent)]);
    expect(await read('messaging.client.operation.duration')).toEqual([expect.objectContaining(sent)]);
    const handled = { ...OF_EVENT, 'messaging.operation.name': 'process', value: 1 };
    expect(await read('messaging.process.duration')).toEqual([expect.objectContaining(handled)]);
    expect(await read('messaging.client.consumed.messages')).toEqual([
      expect.objectContaining({ ...handled, 'event_backbone.outcome': 'done' }),
    ]);
    expect(await read('event_backbone.drain.duration')).toMatchObject([{ ...OF_GROUP, value: 1 }]);
  });

  it.each([
    ['skipped', {}, (context: ConsumeContext) => context.skip()],
    ['failed', { 'error.type': 'RangeError' }, () => Promise.reject(new RangeError('no'))],
  ])('tell that an event was %s', async (outcome, more, invoke) => {
    const { channel, read } = scene();
    await handleOne(channel, invoke);
    expect(await read('messaging.client.consumed.messages')).toMatchObject([
      { ...OF_EVENT, ...more, 'event_backbone.outcome': outcome, value: 1 },
    ]);
  });

  it('count the retries of an event and the dead letter that it becomes', async () => {
    const { channel, read } = scene();
    await handleOne(channel, () => Promise.reject(new RangeError('no')));
    expect(await read('event_backbone.retries')).toMatchObject([{ ...OF_EVENT, value: 1 }]);
    expect(await read('event_backbone.dead_letters')).toMatchObject([
      { ...OF_EVENT, 'event_backbone.kind': 'failed', 'error.type': 'RangeError', value: 1 },
    ]);
  });

  it('tell why an event was not stored', async () => {
    const { channel, read } = scene();
    const refuse: Middleware = () => Promise.reject(new RangeError('no'));
    const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop', middleware: [refuse] });
    await expect(orders.placed(1)).rejects.toThrow('no');
    expect(await read('messaging.client.sent.messages')).toMatchObject([{ ...ABOUT, 'error.type': 'RangeError' }]);
  });

  it('count claims, lost leases, troubles, and a server that is there again', async () => {
    const { channel, read } = scene();
    const tell = (kind: ChannelDiagnostic['kind'], count?: number) =>
      reportChannel({ channel, kind, stream: STREAM, group: 'transit', ...(count !== undefined && { count }) });
    tell('ready');
    tell('waiting');
    tell('ready');
    tell('ready');
    tell('claimed', 3);
    tell('leaseLost', 2);
    tell('lostToTrim', 9);
    reportConsumer({ channel, kind: 'leaseLost', stream: STREAM, group: 'transit', count: 4 });
    reportConsumer({ channel, kind: 'settleFailed', stream: STREAM, group: 'transit' });
    expect(await read('event_backbone.reconnects')).toMatchObject([{ value: 1 }]);
    expect(await read('event_backbone.claims')).toMatchObject([{ ...OF_GROUP, value: 3 }]);
    expect(await read('event_backbone.lease_losses')).toMatchObject([{ ...OF_GROUP, value: 6 }]);
    expect((await read('event_backbone.faults')).map((point) => point['event_backbone.kind'])).toEqual([
      ...['waiting', 'lostToTrim', 'settleFailed'],
    ]);
  });

  it('leave out what other applications of the process do', async () => {
    const { read } = scene();
    const other = memoryChannel();
    await handleOne(other, () => Promise.reject(new RangeError('no')));
    reportChannel({ channel: other, kind: 'claimed', count: 1 });
    for (const name of ['messaging.client.sent.messages', 'event_backbone.dead_letters', 'event_backbone.claims']) {
      expect(await read(name)).toEqual([]);
    }
  });

  it('take nothing before they are opened and after they are closed', async () => {
    const { channel, metrics, read } = scene();
    expect(hasSubscribers(DIAGNOSTICS.event)).toBe(true);
    metrics.open();
    metrics.close();
    expect(hasSubscribers(DIAGNOSTICS.event)).toBe(false);
    await handleOne(channel, () => undefined);
    expect(await read('messaging.client.sent.messages')).toEqual([]);
    expect(await read('event_backbone.consumer.in_flight')).toEqual([]);
  });
});

describe('the metrics of groups', () => {
  const group = {
    ...{ stream: STREAM, group: 'transit', consumers: 2, pending: 3, lag: 4, lagMs: 5_000, oldestPendingMs: 6_000 },
    ...{ retrying: 1, deadLetters: 7, parkedKeys: 8, delivered: [] },
  };
  const state: ConsumerState = {
    ...{ stream: STREAM, group: 'transit', status: 'running', inFlight: 9, running: 5 },
    ...{ handled: 0, skipped: 0, deadLetters: 0, erased: 0 },
  };

  it.each([
    ['event_backbone.group.lag', 4],
    ['event_backbone.group.lag.age', 5],
    ['event_backbone.group.pending', 3],
    ['event_backbone.group.pending.age', 6],
    ['event_backbone.group.retrying', 1],
    ['event_backbone.group.dead_letters', 7],
    ['event_backbone.group.parked_keys', 8],
    ['event_backbone.group.consumers', 2],
    ['event_backbone.consumer.in_flight', 9],
    ['event_backbone.consumer.running', 5],
  ])('tell %s as it is', async (name, value) => {
    const { read } = scene({ groups: () => Promise.resolve([group]), states: () => [state] });
    expect(await read(name)).toEqual([{ ...OF_GROUP, value }]);
  });

  it('have no age of what is not there, and no figure that the server cannot tell', async () => {
    const idle = { ...group, lag: 0, lagMs: undefined, pending: 0, oldestPendingMs: undefined };
    const unknown = { ...idle, group: 'other', lag: undefined };
    const { read } = scene({ groups: () => Promise.resolve([idle, unknown]) });
    expect(await read('event_backbone.group.lag')).toEqual([{ ...OF_GROUP, value: 0 }]);
    expect(await read('event_backbone.group.lag.age')).toEqual([{ ...OF_GROUP, value: 0 }]);
  });

  it('do not hold up the others while the server does not answer', async () => {
    const { read } = scene({ groups: () => new Promise(() => undefined), states: () => [state] }, 5);
    expect(await read('event_backbone.consumer.in_flight')).toEqual([{ ...OF_GROUP, value: 9 }]);
    expect(await read('event_backbone.group.lag')).toEqual([]);
    expect(await read('event_backbone.group.unanswered')).toMatchObject([{ value: 3 }]);
  });
});
