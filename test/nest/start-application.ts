import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Backbone, EventBackboneModule, getProducerToken, type DeadLetter, type Producer } from 'nest-event-backbone';
import {
  EventBackboneTestingModule,
  EventRecorder,
  type EventBackboneTestingOptions,
} from 'nest-event-backbone/testing';
import { onTestFinished } from 'vitest';
import { ShipmentTracking } from './shipment-tracking.js';

/** A started application whose events stay in memory. */
export interface StartedApplication {
  readonly app: INestApplicationContext;
  readonly backbone: Backbone;
  readonly shipments: Producer<ShipmentTracking>;
  readonly recorder: EventRecorder;
  /** What the library logged, each line with its level: `warn try 1 of ...`. */
  readonly logged: readonly string[];
  /** What a group has set aside; the group is the default one unless it is named. */
  readonly deadLetters: (group?: string) => Promise<readonly DeadLetter[]>;
}

/** Starts an application with these providers; it is closed when the test ends. */
export async function startApplication(
  metadata: ModuleMetadata,
  options: EventBackboneTestingOptions = {},
): Promise<StartedApplication> {
  const builder = Test.createTestingModule({
    ...metadata,
    imports: [
      EventBackboneTestingModule.forRoot(options),
      EventBackboneModule.forFeature([ShipmentTracking]),
      ...(metadata.imports ?? []),
    ],
  });
  const { logger, logged } = quietLogger();
  const app = await builder.setLogger(logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const backbone = app.get(Backbone);
  return {
    app,
    backbone,
    shipments: app.get<Producer<ShipmentTracking>>(getProducerToken(ShipmentTracking)),
    recorder: app.get(EventRecorder),
    logged,
    deadLetters: (group = 'test') =>
      backbone.channel.admin.deadLetters.list({ environment: 'default', contract: 'shipment-tracking' }, group),
  };
}

/** Arguments for `orderPlaced`. */
export function order(email = 'ada@example.org'): [{ email: string }, { id: number }, Date] {
  return [{ email }, { id: 7 }, new Date(0)];
}

/** A logger that prints nothing and remembers what the library says. */
export function quietLogger(): { readonly logger: LoggerService; readonly logged: readonly string[] } {
  const logged: string[] = [];
  const remember =
    (level: string) =>
    (message: unknown, ...more: unknown[]): void => {
      const context: unknown = more.at(-1);
      if (typeof context === 'string' && context.startsWith('EventBackbone'))
        logged.push(`${level} ${String(message)}`);
    };
  return { logger: { log: remember('log'), warn: remember('warn'), error: remember('error') }, logged };
}
