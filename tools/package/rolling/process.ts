import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Backbone, EventBackboneModule } from 'nest-event-backbone';
import { redisChannel } from 'nest-event-backbone/redis';

/** What a process tells whoever has started it. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'produced' | 'handled'; readonly order: string; readonly cents: number }
  | { readonly kind: 'state'; readonly pending: number; readonly deadLetters: readonly string[] };

/** Tells whoever has started this process. */
export function tell(report: Report): void {
  process.send?.(report);
}

/**
 * Runs one build of the application until it is told to stop: its handlers, where `CONSUME` is set, and where `PRODUCE` is
 * set a producer that appends one event after another.
 */
export async function run(
  module: Type,
  produce: (backbone: Backbone, order: string, cents: number) => Promise<unknown>,
) {
  const { REDIS_URL = '', ENVIRONMENT = '', NAME = '', CONSUME, PRODUCE } = process.env;
  const root: DynamicModule = {
    module,
    imports: [
      EventBackboneModule.forRoot({
        channel: redisChannel({ url: REDIS_URL }),
        ...{ environment: ENVIRONMENT, group: 'transit', consumers: CONSUME ? 'all' : 'none' },
      }),
    ],
  };
  const app = await NestFactory.createApplicationContext(root, { logger: ['fatal'] });
  const backbone = app.get(Backbone);
  const stopping = new AbortController();
  const producing = (async () => {
    for (let i = 1; PRODUCE && !stopping.signal.aborted; i += 1) {
      const order = `${NAME}-${i}`;
      await produce(backbone, order, i);
      tell({ kind: 'produced', order, cents: i });
      await pause(5);
    }
  })();
  process.on('message', (message) => {
    if (message === 'stop') stopping.abort();
    void (message === 'stop' ? stop() : state());
  });
  tell({ kind: 'ready' });

  async function stop(): Promise<void> {
    await producing;
    await app.close();
    process.disconnect();
  }

  async function state(): Promise<void> {
    const { admin } = backbone.channel;
    const stream = { environment: ENVIRONMENT, contract: 'orders' };
    const group = await admin.state(stream, 'transit');
    const letters = await admin.deadLetters.list(stream, 'transit');
    const deadLetters = letters.map(({ kind, type = '' }) => `${kind} ${type}`);
    tell({ kind: 'state', pending: (group?.pending ?? 0) + (group?.lag ?? 0), deadLetters });
  }
}
