import { Inject, Logger, Module, type DynamicModule } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import type { Connection } from './connection.js';
import type { ConsumerHost } from './consumer-host.js';
import { ConsumerRunner } from './consumer-runner.js';
import { HandlerExplorer } from './handler-explorer.js';
import { HandlerInvoker } from './handler-invoker.js';
import { lastUpFirstDown } from './module-distance.js';
import { connectionToken } from './tokens.js';

/**
 * Runs the consumers of a connection. A module of its own, because it must go down before everything else, while the
 * connection itself must go down after everything else.
 */
@Module({})
export class EventBackboneRunnerModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    if (lastUpFirstDown(modules, EventBackboneRunnerModule)) return;
    new Logger('EventBackbone').warn(
      'this version of @nestjs/core orders shutdown by imports: providers that handlers need may be destroyed before ' +
        'running handlers finish; await app.get(Backbone).drain() before app.close()',
    );
  }

  /** Returns the runner of a connection. */
  static forConnection(name: string | undefined): DynamicModule {
    return {
      module: EventBackboneRunnerModule,
      imports: [DiscoveryModule],
      providers: [
        {
          provide: connectionToken('runner', name),
          inject: [
            connectionToken('connection', name),
            connectionToken('host', name),
            ...[DiscoveryService, MetadataScanner, ExternalContextCreator, ApplicationConfig],
          ],
          useFactory: (
            connection: Connection,
            host: ConsumerHost,
            discovery: DiscoveryService,
            scanner: MetadataScanner,
            creator: ExternalContextCreator,
            config: ApplicationConfig,
          ) =>
            new ConsumerRunner(
              connection,
              host,
              new HandlerExplorer(connection, discovery, scanner),
              () => new HandlerInvoker(creator, config, connection.options.globalEnhancers === true),
            ),
        },
      ],
    };
  }
}
