import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EventBackboneModule, ProjectionModule } from 'nest-event-backbone';
import { createProducer, type Channel, type ContractClass } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { memoryReadModel } from 'nest-event-backbone/projections';
import { expect, onTestFinished, vi } from 'vitest';
import { quietLogger } from '../nest/start-application.js';

export const ADA = { email: 'ada@example.org' };
export const PRICE = { amount: 12.5, currency: 'EUR' };

/** Where older builds have stored events. */
export interface World {
  readonly channel: Channel;
  readonly environment: string;
}

/** Makes a world that nobody else uses. */
export function newWorld(): World {
  return { channel: memoryChannel(), environment: `upcasting-${randomUUID()}` };
}

/** The producer of a contract of any build. */
export function producerOf<C extends object>(cls: ContractClass<C>, { channel, environment }: World) {
  return createProducer(cls, { channel, environment, source: 'test' });
}

/** An application of the present contract on what older builds have stored; it is closed when the test ends. */
export async function start(world: World, providers: Type[]) {
  const model = memoryReadModel();
  const { logger, logged } = quietLogger();
  const builder = Test.createTestingModule({
    imports: [
      EventBackboneModule.forRootAsync({
        useFactory: () => ({ ...world, group: 'test', retry: { attempts: 3 } }),
      }),
      ProjectionModule.forRoot({ model }),
    ],
    providers,
  });
  const app = await builder.setLogger(logger).compile();
  onTestFinished(() => app.close());
  await app.init();
  const settled = () =>
    vi.waitFor(async () => {
      const state = await world.channel.admin.state({ environment: world.environment, contract: 'orders' }, 'test');
      expect(state).toMatchObject({ pending: 0, lag: 0 });
    }, 20_000);
  return { app, model, logged, settled };
}

/** Everything that is given. */
export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
