import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Retention, streamOf } from '../core/index.js';
import type { Connection } from './connection.js';
import type { ConsumerHost } from './consumer-host.js';
import { planConsumers } from './consumer-plan.js';
import { DiagnosticsLog } from './diagnostics-log.js';
import type { HandlerExplorer } from './handler-explorer.js';
import type { HandlerInvoker } from './handler-invoker.js';
import { handlerTable } from './handler-table.js';

const HINT_AFTER_MS = 5_000;

/** Ties a connection's consumers to the application's life: found and checked, then started, then drained. */
export class ConsumerRunner implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly #logger: Logger;
  readonly #diagnostics: DiagnosticsLog;
  #hint: NodeJS.Timeout | undefined;
  readonly #retention: Retention | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly host: ConsumerHost,
    private readonly explorer: HandlerExplorer,
    private readonly makeInvoker: () => HandlerInvoker,
  ) {
    this.#logger = new Logger(`EventBackbone${connection.name === undefined ? '' : ` (${connection.name})`}`);
    this.#diagnostics = new DiagnosticsLog(connection.channel, this.#logger);
    const { channel, options } = connection;
    const streams = () => [...connection.contracts].map((contract) => streamOf(contract, options.environment));
    this.#retention = options.retention && new Retention(channel, streams, options.retention, () => connection.readers);
  }

  async onModuleInit(): Promise<void> {
    const found = await this.explorer.explore();
    const plan = planConsumers(this.connection, found, this.makeInvoker);
    this.host.install(plan.consumers);
    this.#diagnostics.open();
    const isStarted = (group: string) => !plan.notStarted.includes(group);
    for (const { text, data } of handlerTable(found, isStarted)) this.#logger.log(text, data);
    if (plan.notStarted.length > 0) {
      this.#logger.log(`\`consumers\` leaves out these groups: ${plan.notStarted.join(', ')}`);
    }
  }

  onApplicationBootstrap(): void {
    this.host.ready();
    this.#retention?.start();
    if (this.connection.options.autoStart === false) return;
    this.host.start();
    if (this.host.states.length > 0) this.#hintAtShutdownHooks();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.#hint);
    await this.#retention?.stop();
    await this.host.drain();
  }

  onApplicationShutdown(): void {
    this.#diagnostics.close();
  }

  /** Later, because `main.ts` enables the hooks after this point. */
  #hintAtShutdownHooks(): void {
    this.#hint = setTimeout(() => {
      if (process.listenerCount('SIGTERM') > 0) return;
      this.#logger.warn(
        'nothing listens to SIGTERM, so that running handlers are cut off when this process is stopped; ' +
          'call app.enableShutdownHooks()',
      );
    }, HINT_AFTER_MS).unref();
  }
}
