import { Injectable, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  Erased,
  EventBackboneModule,
  EventHandler,
  getProducerToken,
  InjectProducer,
  type Producer,
} from 'nest-event-backbone';
import type { Channel } from 'nest-event-backbone/core';
import { tracing } from 'nest-event-backbone/otel';
import { expect, onTestFinished, vi } from 'vitest';
import { Product, ShipmentTracking, User } from '#contracts';
import { quietLogger } from '../nest/start-application.js';
import { recordSpans } from './recorded-spans.js';

@Injectable()
class Transit {
  constructor(@InjectProducer(ShipmentTracking) private readonly shipments: Producer<ShipmentTracking>) {}

  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  async pack(user: User | Erased, product: Product): Promise<void> {
    if (!(user instanceof Erased)) await this.shipments.packing(user.email, product.id, new Date());
  }

  @EventHandler(ShipmentTracking, (e) => e.packing)
  async handOver(email: string | Erased, productId: number): Promise<void> {
    if (!(email instanceof Erased)) await this.shipments.onDelivery(email, productId, new Date());
  }

  @EventHandler(ShipmentTracking, (e) => e.onDelivery)
  async deliver(email: string | Erased, productId: number): Promise<void> {
    if (!(email instanceof Erased)) await this.shipments.onReceived(email, productId, new Date());
  }

  @EventHandler(ShipmentTracking, (e) => e.onReceived)
  finish(): void {}
}

@Injectable()
class Reporter {
  @EventHandler(ShipmentTracking, (e) => e.orderPlaced)
  orderPlaced(): void {}

  @EventHandler(ShipmentTracking, (e) => e.packing)
  packing(): void {}

  @EventHandler(ShipmentTracking, (e) => e.onDelivery)
  onDelivery(): void {}

  @EventHandler(ShipmentTracking, (e) => e.onReceived)
  onReceived(): void {}
}

const STEPS = ['orderPlaced.v1', 'packing.v1', 'onDelivery.v1', 'onReceived.v1'];

/** The spans of one order that has gone through three applications, the first of them the request's. */
export interface OrderSpans {
  readonly request: ReadableSpan;
  /** By type of event. */
  readonly sent: ReadonlyMap<string, ReadableSpan>;
  /** By group and type of event. */
  readonly processed: ReadonlyMap<string, ReadableSpan>;
}

/** Places an order in one application; transit carries it on in another one, and the reporter watches in a third. */
export async function followOneOrder(
  open: () => Channel,
  parent: 'link' | 'parent',
  timeout: number,
): Promise<OrderSpans> {
  const { tracerProvider, tracer, finished } = recordSpans();
  const environment = `trace-${crypto.randomUUID().slice(0, 8)}`;
  const start = async (group: string, ...providers: Type[]): Promise<INestApplicationContext> => {
    const middleware = [tracing({ tracerProvider, parent })];
    const app = await Test.createTestingModule({
      imports: [
        EventBackboneModule.forRoot({ channel: open(), environment, group, middleware }),
        EventBackboneModule.forFeature([ShipmentTracking]),
      ],
      providers,
    })
      .setLogger(quietLogger().logger)
      .compile();
    onTestFinished(() => app.close());
    return app.init();
  };
  const order = await start('order');
  await start('transit', Transit);
  await start('reporter', Reporter);
  const shipments = order.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking));
  await tracer.startActiveSpan('POST /orders', async (request) => {
    await shipments.orderPlaced(new User(1, 'ada@example.org', 'Ada'), new Product(7, 'a camera', 100), new Date());
    request.end();
  });
  const read = (): OrderSpans => {
    const typeOf = ({ attributes }: ReadableSpan) => String(attributes['cloudevents.event_type']);
    const request = finished().find(({ name }) => name === 'POST /orders');
    const sent = finished().filter(({ name }) => name.startsWith('send '));
    const processed = finished().filter(({ name }) => name.startsWith('process '));
    // The next step may be over before the one that led to it is confirmed.
    expect(sent.map(typeOf).sort()).toEqual([...STEPS].sort());
    expect(processed).toHaveLength(2 * STEPS.length);
    if (!request) throw new Error('the request has no span');
    return {
      request,
      sent: new Map(sent.map((span) => [typeOf(span), span])),
      processed: new Map(
        processed.map((span) => [`${String(span.attributes['messaging.consumer.group.name'])} ${typeOf(span)}`, span]),
      ),
    };
  };
  return vi.waitFor(read, { timeout, interval: 20 });
}

/** All of it is one trace, and each step is below the one that led to it. */
export function expectOneTrace({ request, sent, processed }: OrderSpans): void {
  const all = [request, ...sent.values(), ...processed.values()];
  expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(parentOf(sent.get('orderPlaced.v1'))).toBe(idOf(request));
  for (const [index, type] of STEPS.entries()) {
    for (const group of ['transit', 'reporter']) {
      expect(parentOf(processed.get(`${group} ${type}`))).toBe(idOf(sent.get(type)));
    }
    const next = STEPS[index + 1];
    if (next !== undefined) expect(parentOf(sent.get(next))).toBe(idOf(processed.get(`transit ${type}`)));
  }
}

/** Each handler begins a trace that is linked to the event's producer, and has what it produces in its own. */
export function expectLinkedTraces({ sent, processed }: OrderSpans): void {
  expect(new Set([...processed.values()].map((span) => span.spanContext().traceId)).size).toBe(2 * STEPS.length);
  for (const [index, type] of STEPS.entries()) {
    for (const group of ['transit', 'reporter']) {
      const span = processed.get(`${group} ${type}`);
      expect(parentOf(span)).toBeUndefined();
      expect(span?.links.map((link) => link.context.spanId)).toEqual([idOf(sent.get(type))]);
    }
    const next = STEPS[index + 1];
    if (next !== undefined) expect(parentOf(sent.get(next))).toBe(idOf(processed.get(`transit ${type}`)));
  }
}

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;
