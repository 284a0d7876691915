import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context, ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, NoopSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  Backbone,
  EventBackboneModule,
  EventHandler,
  getProducerToken,
  type EventContext,
  type Middleware,
  type Producer,
} from 'nest-event-backbone';
import { tracing } from 'nest-event-backbone/otel';
import { redisChannel } from 'nest-event-backbone/redis';
import { orderArguments, Orders, SMALL_NOTE } from './orders.js';
import { cpuPerEvent, IN_FLIGHT, signal, type Round, type RoundResult, type Side } from './side.js';

/** Who opens the spans: no one, someone by hand, the library, or the library where nothing takes spans. */
export type Tracing = 'none' | 'by-hand' | 'on' | 'without-provider';

/** What the handler does with an event; set by the round that runs. */
@Injectable()
class Seen {
  next: (event: EventContext) => void = () => undefined;
}

@Injectable()
class Handlers {
  constructor(private readonly seen: Seen) {}

  @EventHandler(Orders, (e) => e.placed)
  placed(_order: string, _customer: string, _note: string, _amount: number, _at: Date, event: EventContext): void {
    this.seen.next(event);
  }
}

@Module({})
class BenchModule {}

/** Appends and handles orders with spans around both. */
export class TracedOrders implements Side {
  readonly #tracer: Tracer;
  #application: INestApplicationContext | undefined;

  constructor(
    private readonly url: string,
    private readonly tracing: Tracing,
  ) {
    if (tracing !== 'none') context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    if (tracing === 'by-hand' || tracing === 'on') {
      trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new NoopSpanProcessor()] }));
    }
    this.#tracer = trace.getTracer('bench');
  }

  async prepare(kind: Round['kind'], events: number): Promise<void> {
    if (kind !== 'tracing-consume') return this.#open('none');
    await this.#open('none');
    for (let i = 0; i < events; i += IN_FLIGHT) await this.#append(i);
    await this.close();
    const caughtUp = signal();
    let seen = 0;
    await this.#open('all', () => {
      if (++seen === events) caughtUp.fire();
    });
    await caughtUp.fired;
  }

  run({ kind, amount }: Round): Promise<RoundResult> {
    if (kind === 'tracing-consume') return this.#consume(amount);
    return cpuPerEvent(amount, async () => {
      for (let i = 0; i < amount; i += IN_FLIGHT) await this.#append(i);
    });
  }

  async close(): Promise<void> {
    await this.#application?.close();
  }

  async #open(consumers: 'all' | 'none', next: Seen['next'] = () => undefined): Promise<void> {
    const middleware: Middleware[] = this.tracing === 'on' || this.tracing === 'without-provider' ? [tracing()] : [];
    this.#application = await NestFactory.createApplicationContext({
      module: BenchModule,
      imports: [
        EventBackboneModule.forRoot({
          ...{ channel: redisChannel({ url: this.url }), group: 'bench', consumers, middleware },
          environment: `bench-tracing-${this.tracing}`,
        }),
        EventBackboneModule.forFeature([Orders]),
      ],
      providers: [{ provide: Seen, useValue: Object.assign(new Seen(), { next }) }, Handlers],
    });
    this.#application.enableShutdownHooks();
  }

  get #opened(): INestApplicationContext {
    if (!this.#application) throw new Error('not prepared');
    return this.#application;
  }

  async #append(from: number): Promise<void> {
    const producer = this.#opened.get<Producer<Orders>>(getProducerToken(Orders));
    const calls: Promise<unknown>[] = [];
    for (let i = from; i < from + IN_FLIGHT; i += 1) {
      const args = orderArguments(i, SMALL_NOTE);
      calls.push(this.tracing === 'by-hand' ? this.#sent(producer, args) : producer.placed(...args));
    }
    await Promise.all(calls);
  }

  async #sent(producer: Producer<Orders>, args: ReturnType<typeof orderArguments>): Promise<void> {
    const attributes = this.#attributes('send');
    attributes['messaging.message.id'] = args[0];
    attributes['messaging.message.conversation_id'] = args[0];
    const options = { kind: SpanKind.PRODUCER, attributes };
    await this.#tracer.startActiveSpan('send bench:orders', options, async (span) => {
      const { traceId, spanId, traceFlags } = span.spanContext();
      const headers = { traceparent: `00-${traceId}-${spanId}-0${traceFlags}` };
      try {
        await producer.$with({ headers }).placed(...args);
      } finally {
        span.end();
      }
    });
  }

  #handled(event: EventContext, handle: () => void): void {
    const attributes = this.#attributes('process');
    attributes['messaging.consumer.group.name'] = event.group;
    attributes['messaging.message.id'] = event.id;
    attributes['messaging.message.conversation_id'] = event.metadata.correlationId;
    attributes['messaging.destination.partition.id'] = String(event.position.partition);
    const [, traceId = '', spanId = '', flags = ''] = event.metadata.headers['traceparent']?.split('-') ?? [];
    const links = [{ context: { traceId, spanId, traceFlags: Number(flags), isRemote: true } }];
    const options = { kind: SpanKind.CONSUMER, attributes, links };
    this.#tracer.startActiveSpan('process bench:orders', options, ROOT_CONTEXT, (span) => {
      try {
        handle();
      } finally {
        span.end();
      }
    });
  }

  #attributes(operation: string): Record<string, string> {
    return {
      'messaging.system': 'redis',
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': 'bench:orders',
      'cloudevents.event_type': 'placed.v1',
    };
  }

  async #consume(events: number): Promise<RoundResult> {
    const { channel } = this.#opened.get(Backbone);
    const finished = signal();
    let seen = 0;
    const count = () => {
      if (++seen === events) finished.fire();
    };
    const byHand = this.tracing === 'by-hand';
    this.#opened.get(Seen).next = (event) => (byHand ? this.#handled(event, count) : count());
    return cpuPerEvent(events, async () => {
      const stream = { environment: `bench-tracing-${this.tracing}`, contract: 'bench-orders' };
      await channel.admin.reset(stream, 'bench', 'beginning');
      await finished.fired;
    });
  }
}
