import { hasSubscribers } from 'node:diagnostics_channel';
import { context, SpanKind, SpanStatusCode, trace, TraceFlags, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BatchCalls,
  composeBatch,
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  DIAGNOSTICS,
  EventsContract,
  type BatchRun,
  type ConsumeContext,
  type Handler,
  type Message,
  type Middleware,
  type Producer,
} from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { retry } from '../middleware/retry.js';
import { tracing, type TracingOptions } from './tracing.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number, customer: string) {
    return { number, customer };
  }

  @ContractEvent()
  packed(number: number) {
    return { number };
  }
}

const contract = describeContract(Orders);
const STREAM = { environment: 'test', contract: 'orders' };

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

interface Scene {
  readonly orders: Producer<Orders>;
  readonly tracer: Tracer;
  readonly spans: () => readonly ReadableSpan[];
  readonly spanOf: (name: string, type?: string) => ReadableSpan;
  readonly messages: () => Promise<readonly Message[]>;
  /** Handles events until nothing is left. */
  readonly handle: (handlers: Partial<Record<keyof Orders, Handler['invoke']>>, more?: Handlers) => Promise<void>;
}

interface Handlers {
  readonly batch?: BatchRun;
  readonly onFailure?: 'dead-letter' | 'stop';
}

/** Events in memory, whose spans are remembered. */
function scene(options: TracingOptions = {}, sampler?: Sampler, inner: readonly Middleware[] = []): Scene {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const tracerProvider = new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) });
  const channel = memoryChannel();
  onTestFinished(() => channel.close());
  const middleware: readonly Middleware[] = [tracing({ tracerProvider, ...options }), ...inner];
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop', middleware });
  const spans = () => exporter.getFinishedSpans();
  const spanOf = (name: string, type?: string) => {
    const found = spans().find(
      (one) => one.name === name && (!type || one.attributes['cloudevents.event_type'] === type),
    );
    if (!found) throw new Error(`no span ${name} among ${spans().length} others`);
    return found;
  };
  const messages = async () => {
    const read: Message[] = [];
    for await (const events of channel.read({ stream: STREAM })) {
      for (const { message } of events) if (message) read.push(message);
    }
    return read;
  };
  const handle: Scene['handle'] = async (invokes, { batch, onFailure = 'dead-letter' } = {}) => {
    const calls = batch && new BatchCalls(composeBatch(middleware, batch), { maxWaitMs: 0 });
    const handlers = [...contract.byMethod].flatMap(([method, event]): readonly Handler[] => {
      const invoke = invokes[method as keyof Orders];
      const called = calls ? (args: unknown[], one: ConsumeContext) => calls.call(args, one) : invoke;
      const tries = retry({ attempts: 2, wait: () => Promise.resolve() });
      return called ? [{ event, invoke: called, middleware: [tries] }] : [];
    });
    const types = [...contract.byType.keys()];
    const consumer = new Consumer({
      ...{ channel, stream: STREAM, group: 'transit', handlers, middleware, onFailure, knownTypes: types },
    });
    consumer.start();
    await channel.settled();
    await consumer.stop(5_000);
  };
  return { orders, tracer: tracerProvider.getTracer('test'), spans, spanOf, messages, handle };
}

const doNothing = () => undefined;

describe('the span of an event that is produced', () => {
  it('says what is sent where, and travels with the event', async () => {
    const { orders, spanOf, messages } = scene({ system: 'redis' });
    const { id } = await orders.placed(7, 'Ada');
    const span = spanOf('send test:orders');
    expect(span.kind).toBe(SpanKind.PRODUCER);
    expect(span.attributes).toEqual({
      'messaging.system': 'redis',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'test:orders',
      'messaging.message.id': id,
      'messaging.message.conversation_id': id,
      'cloudevents.event_type': 'placed.v1',
    });
    const { traceId, spanId } = span.spanContext();
    expect(await messages()).toMatchObject([{ traceparent: `00-${traceId}-${spanId}-01` }]);
  });

  it('is below the active span', async () => {
    const { orders, tracer, spanOf } = scene();
    await tracer.startActiveSpan('request', async (request) => {
      await orders.placed(7, 'Ada');
      request.end();
    });
    expect(spanOf('send test:orders').parentSpanContext?.spanId).toBe(spanOf('request').spanContext().spanId);
  });

  it('is the active one for whatever the append itself opens', async () => {
    const seen: unknown[] = [];
    const look: Middleware = (_, next) => {
      seen.push(trace.getActiveSpan()?.spanContext().spanId);
      return next();
    };
    const { orders, spanOf } = scene({}, undefined, [look]);
    await orders.packed(1);
    expect(seen).toEqual([spanOf('send test:orders').spanContext().spanId]);
  });

  it('tells a failure by its class, and no argument that its message may quote', async () => {
    const refuse: Middleware = () => Promise.reject(new RangeError('Ada is not welcome'));
    const { orders, spanOf } = scene({}, undefined, [refuse]);
    await expect(orders.placed(7, 'Ada')).rejects.toThrow(RangeError);
    const span = spanOf('send test:orders');
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'RangeError' } });
    expect(JSON.stringify([span.attributes, span.events, span.status])).not.toContain('Ada');
  });

  it('is one for each event of a batch', async () => {
    const { orders, spans } = scene();
    await orders.$batch((batch) => {
      batch.placed(1, 'Ada');
      batch.packed(1);
    });
    expect(spans().map(({ attributes }) => attributes['cloudevents.event_type'])).toEqual(['placed.v1', 'packed.v1']);
  });
});

describe('the span of an event that is handled', () => {
  it('says what is handled by whom, in a trace of its own that is linked to the producer', async () => {
    const { orders, spanOf, handle } = scene({ system: 'redis' });
    const { id } = await orders.placed(7, 'Ada');
    await handle({ placed: doNothing });
    const [send, span] = [spanOf('send test:orders'), spanOf('process test:orders')];
    expect(span.kind).toBe(SpanKind.CONSUMER);
    expect(span.attributes).toEqual({
      'messaging.system': 'redis',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'test:orders',
      'messaging.destination.partition.id': '0',
      'messaging.consumer.group.name': 'transit',
      'messaging.message.id': id,
      'messaging.message.conversation_id': id,
      'cloudevents.event_type': 'placed.v1',
    });
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.links).toMatchObject([{ context: { spanId: send.spanContext().spanId } }]);
    expect(span.spanContext().traceId).not.toBe(send.spanContext().traceId);
  });

  it("goes on with the producer's trace when that is its parent", async () => {
    const { orders, spanOf, handle } = scene({ parent: 'parent' });
    await orders.placed(7, 'Ada');
    await handle({ placed: doNothing });
    const [send, span] = [spanOf('send test:orders'), spanOf('process test:orders')];
    expect(span.spanContext().traceId).toBe(send.spanContext().traceId);
    expect(span.parentSpanContext).toMatchObject({ spanId: send.spanContext().spanId, isRemote: true });
    expect(span.links).toEqual([]);
  });

  it.each(['link', 'parent'] as const)('has what its handler produces below it (%s)', async (parent) => {
    const { orders, spanOf, handle } = scene({ parent });
    await orders.placed(7, 'Ada');
    await handle({ placed: () => orders.packed(7), packed: doNothing });
    const handled = spanOf('process test:orders', 'placed.v1').spanContext();
    const produced = spanOf('send test:orders', 'packed.v1');
    expect(produced.parentSpanContext?.spanId).toBe(handled.spanId);
    const traces = new Set(
      ['placed.v1', 'packed.v1'].map((type) => spanOf('process test:orders', type).spanContext().traceId),
    );
    expect(traces.size).toBe(parent === 'parent' ? 1 : 2);
  });

  it('does not go on with the trace of whoever started the consumer', async () => {
    const { orders, tracer, spanOf, handle } = scene();
    await orders.placed(7, 'Ada');
    await tracer.startActiveSpan('start', async (start) => {
      await handle({ placed: doNothing });
      start.end();
    });
    expect(spanOf('process test:orders').parentSpanContext).toBeUndefined();
  });

  it('holds each try that failed, and why, without arguments', async () => {
    const { orders, spanOf, handle } = scene();
    await orders.placed(7, 'Ada Lovelace');
    let tries = 0;
    await handle({
      placed: () => {
        if (++tries === 1) throw new Error('no room for Ada Lovelace');
      },
    });
    const { status, events } = spanOf('process test:orders');
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(events).toMatchObject([
      {
        name: 'event_backbone.retry',
        attributes: { 'event_backbone.attempt': 1, 'exception.message': 'no room for [argument]' },
      },
    ]);
  });

  it('holds the dead letter that its event becomes, and why, without arguments', async () => {
    const { orders, spans, spanOf, handle } = scene();
    await orders.placed(7, 'Ada Lovelace');
    await handle({ placed: () => Promise.reject(new RangeError('no room for Ada Lovelace')) });
    await vi.waitFor(() => expect(spans().map(({ name }) => name)).toContain('process test:orders'));
    const { status, attributes, events } = spanOf('process test:orders');
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'RangeError: no room for [argument]' });
    expect(attributes).toMatchObject({ 'error.type': 'RangeError' });
    expect(events.map(({ name }) => name)).toEqual(['event_backbone.retry', 'exception', 'event_backbone.dead_letter']);
    expect(events.at(-1)?.attributes).toEqual({
      'event_backbone.kind': 'failed',
      'event_backbone.attempt': 2,
      'error.type': 'RangeError',
    });
    expect(JSON.stringify([status, attributes, events])).not.toContain('Ada');
  });

  it('holds no dead letter where the event is none', async () => {
    const { orders, spans, spanOf, handle } = scene();
    await orders.placed(7, 'Ada');
    // What it handles stays open until the channel closes.
    handle({ placed: () => Promise.reject(new Error('no')) }, { onFailure: 'stop' }).catch(doNothing);
    await vi.waitFor(() => expect(spans().map(({ name }) => name)).toContain('process test:orders'));
    expect(spanOf('process test:orders').events.map(({ name }) => name)).toEqual(['event_backbone.retry', 'exception']);
  });

  it('holds ordering keys only when asked', async () => {
    for (const keys of [false, true]) {
      const { orders, spans, handle } = scene({ keys });
      await orders.$with({ key: 'ada@example.org' }).placed(7, 'Ada');
      await handle({ placed: doNothing });
      const written = spans().map(({ attributes }) => attributes['event_backbone.key']);
      expect(written).toEqual(keys ? ['ada@example.org', 'ada@example.org'] : [undefined, undefined]);
    }
  });

  it('is not made where the sampler says no, and the event says so to those behind it', async () => {
    const { orders, spans, messages, handle } = scene({}, new AlwaysOffSampler());
    await orders.placed(7, 'Ada');
    const flags: (number | undefined)[] = [];
    await handle({ placed: () => flags.push(trace.getActiveSpan()?.spanContext().traceFlags) });
    expect(spans()).toEqual([]);
    expect(flags).toEqual([TraceFlags.NONE]);
    expect((await messages())[0]?.traceparent).toMatch(/-00$/);
  });

  it('is listened for only while events are handled', async () => {
    const { orders, handle } = scene();
    await orders.placed(7, 'Ada');
    const heard: boolean[] = [];
    await handle({ placed: () => heard.push(hasSubscribers(DIAGNOSTICS.consumer)) });
    expect([...heard, hasSubscribers(DIAGNOSTICS.consumer)]).toEqual([true, false]);
  });
});

describe('the span of a batch', () => {
  it('is linked to the producer of each of its events, and has what the handler produces below it', async () => {
    const { orders, spans, handle } = scene();
    const ids = [(await orders.placed(1, 'Ada')).id, (await orders.placed(2, 'Grace')).id];
    const produced = await new Promise<string | undefined>((resolve) => {
      void handle({ placed: doNothing }, { batch: () => resolve(trace.getActiveSpan()?.spanContext().spanId) });
    });
    await vi.waitFor(() => expect(spans().filter(({ kind }) => kind === SpanKind.CONSUMER)).toHaveLength(3));
    const batch = spans().find(({ attributes }) => 'messaging.batch.message_count' in attributes);
    expect(batch?.spanContext().spanId).toBe(produced);
    expect(batch?.attributes['messaging.batch.message_count']).toBe(2);
    const sent = spans().filter(({ kind }) => kind === SpanKind.PRODUCER);
    expect(batch?.links.map((link) => [link.context.spanId, link.attributes?.['messaging.message.id']])).toEqual(
      sent.map((span, index) => [span.spanContext().spanId, ids[index]]),
    );
  });

  it('tells that the batch failed', async () => {
    const { orders, spans, handle } = scene();
    await orders.placed(1, 'Ada');
    await handle({ placed: doNothing }, { batch: () => Promise.reject(new TypeError('Ada')) });
    const batches = spans().filter(({ attributes }) => 'messaging.batch.message_count' in attributes);
    expect(batches.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR },
      { code: SpanStatusCode.ERROR },
    ]);
  });
});
