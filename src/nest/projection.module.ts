import {
  Inject,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Connection } from './connection.js';
import { lastUpFirstDown } from './module-distance.js';
import { ProjectionExplorer } from './projection-explorer.js';
import { ProjectionHost } from './projection-host.js';
import type { ProjectionModuleAsyncOptions, ProjectionModuleOptions } from './projection-module.options.js';
import { Projections } from './projections.js';
import { connectionToken } from './tokens.js';

/**
 * Finds the `@Projection` providers of an application and runs them: once beside each `EventBackboneModule.forRoot` whose
 * events they read. Provides {@link Projections} everywhere.
 */
@Module({})
export class ProjectionModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // A running projection still needs its database and its channel.
    lastUpFirstDown(modules, ProjectionModule);
  }

  /** Runs the projections of a connection; the main one unless another is named. */
  static forRoot({
    connection,
    ...options
  }: ProjectionModuleOptions & { readonly connection?: string }): DynamicModule {
    return projectionModule(connection, {
      provide: connectionToken('projection-options', connection),
      useValue: options,
    });
  }

  /** Runs the projections of a connection with options that come from other providers. */
  static forRootAsync({ connection, inject, useFactory, imports }: ProjectionModuleAsyncOptions): DynamicModule {
    const provide = connectionToken('projection-options', connection);
    const make = useFactory as (
      ...dependencies: unknown[]
    ) => ProjectionModuleOptions | Promise<ProjectionModuleOptions>;
    return projectionModule(connection, { provide, inject, useFactory: make }, imports);
  }
}

/** Returns the token of a connection's {@link Projections}; for the only connection, the class itself. */
export function getProjectionsToken(connection?: string): InjectionToken<Projections> {
  return connection === undefined ? Projections : connectionToken('projections', connection);
}

function projectionModule(
  name: string | undefined,
  options: Provider,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  const optionsToken = connectionToken('projection-options', name);
  const projections = getProjectionsToken(name);
  return {
    module: ProjectionModule,
    global: true,
    imports: [...imports, DiscoveryModule],
    providers: [
      options,
      { provide: projections, useFactory: () => new Projections() },
      {
        provide: connectionToken('projection-host', name),
        inject: [connectionToken('connection', name), optionsToken, DiscoveryService, MetadataScanner, projections],
        useFactory: (
          connection: Connection,
          given: ProjectionModuleOptions,
          discovery: DiscoveryService,
          scanner: MetadataScanner,
          service: Projections,
        ) => new ProjectionHost(connection, given, new ProjectionExplorer(connection, discovery, scanner), service),
      },
      {
        provide: connectionToken('projection-closer', name),
        inject: [optionsToken],
        useFactory: ({ model }: ProjectionModuleOptions): OnApplicationShutdown => ({
          onApplicationShutdown: () => model?.close(),
        }),
      },
    ],
    exports: [projections],
  };
}
