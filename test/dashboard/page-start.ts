import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Backbone, getProducerToken, type Channel, type Producer } from 'nest-event-backbone';
import { EventBackboneDashboardModule, type DashboardModuleOptions } from 'nest-event-backbone/dashboard';
import { onTestFinished } from 'vitest';
import { quietLogger } from '../nest/start-application.js';
import { builtPage } from './page-built.js';
import { Orders, ShopModule, Warehouse } from './page-shop.js';

/** A started shop whose dashboard is at `url`. */
export interface StartedDashboard {
  readonly app: INestApplication;
  readonly url: string;
  readonly backbone: Backbone;
  readonly orders: Producer<Orders>;
  readonly warehouse: Warehouse;
}

/** What is otherwise than usual. */
export interface Given extends Omit<ModuleMetadata, 'providers'>, DashboardModuleOptions {
  /** Free when absent. */
  readonly port?: number;
  readonly environment?: string;
}

/** Starts the shop on a channel, with its dashboard; it is closed when the test ends. */
export async function startDashboard(channel: Channel, given: Given = {}): Promise<StartedDashboard> {
  const { port = 0, environment, imports = [], ...options } = given;
  await builtPage();
  const { logger } = quietLogger();
  const module = await Test.createTestingModule({
    imports: [ShopModule.on(channel, environment), EventBackboneDashboardModule.forRoot(options), ...imports],
  })
    .setLogger(logger)
    .compile();
  const app = module.createNestApplication();
  onTestFinished(() => app.close());
  await app.listen(port, '127.0.0.1');
  return {
    app,
    url: `${await app.getUrl()}/${options.path ?? 'event-backbone'}/`,
    backbone: app.get(Backbone),
    orders: app.get<Producer<Orders>>(getProducerToken(Orders)),
    warehouse: app.get(Warehouse),
  };
}
