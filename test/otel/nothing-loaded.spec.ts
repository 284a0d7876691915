import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ContractEvent,
  EventBackboneModule,
  EventHandler,
  EventsContract,
  getProducerToken,
  type Middleware,
  type Producer,
} from 'nest-event-backbone';
import { EventBackboneTestingModule, EventRecorder } from 'nest-event-backbone/testing';
import type * as OpenTelemetry from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';

const { calls } = vi.hoisted(() => ({ calls: [] as string[] }));

// Every look at the package, and every call of what makes spans and meters.
vi.mock('@opentelemetry/api', async (original) => {
  calls.push('loaded');
  const api: typeof OpenTelemetry = await original();
  const counted = <T extends object>(target: T, name: string): T =>
    new Proxy(target, {
      get(from, property) {
        const value: unknown = Reflect.get(from, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          calls.push(`${name}.${String(property)}`);
          const result: unknown = Reflect.apply(value, from, args);
          return property === 'getTracer' ? counted(result as object, 'tracer') : result;
        };
      },
    });
  return { ...api, trace: counted(api.trace, 'trace'), context: counted(api.context, 'context') };
});

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(number: number) {
    return { number };
  }
}

@Injectable()
class Shop {
  @EventHandler(Orders, (e) => e.placed)
  onPlaced(number: number): void {
    if (number < 0) throw new RangeError('no order is negative');
  }
}

/** Produces and handles events, one of which fails; returns what was asked of OpenTelemetry meanwhile. */
async function callsOf(middleware: readonly Middleware[]): Promise<readonly string[]> {
  calls.length = 0;
  const module = await Test.createTestingModule({
    imports: [EventBackboneTestingModule.forRoot({ middleware }), EventBackboneModule.forFeature([Orders])],
    providers: [Shop],
  })
    .setLogger(quietLogger().logger)
    .compile();
  onTestFinished(() => module.close());
  await module.init();
  const orders = module.get<Producer<Orders>>(getProducerToken(Orders));
  await orders.placed(1);
  await orders.placed(-1);
  await module.get(EventRecorder).settled();
  return [...calls];
}

describe('an application that is not traced', () => {
  it('loads nothing of OpenTelemetry and calls nothing of it', async () => {
    expect(calls).toEqual([]);
    expect(await callsOf([])).toEqual([]);
  });

  it('opens spans as soon as it is, which the same count shows', async () => {
    const { tracing } = await import('nest-event-backbone/otel');
    const middleware = [tracing()];
    expect(calls).toContain('loaded');
    const counted = await callsOf(middleware);
    // Two events, each sent and processed.
    expect(counted.filter((call) => call === 'tracer.startSpan')).toHaveLength(4);
  });
});
