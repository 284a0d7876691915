import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { BackboneError } from '../core/index.js';
import { AsyncApi } from './async-api.js';
import { asyncApiController } from './async-api.controller.js';
import type { AsyncApiModuleOptions } from './async-api-module.options.js';
import type { Connection } from './connection.js';
import { HandlerExplorer } from './handler-explorer.js';
import { connectionToken } from './tokens.js';
import { unknownNames } from './unknown-names.js';

/**
 * Serves an AsyncAPI 3.0 document of an application's events over HTTP, as JSON and as YAML. Guards of the application
 * apply to the routes. Provides {@link AsyncApi}.
 */
@Module({})
export class AsyncApiModule {
  /**
   * Sets up the routes, `/asyncapi.json` and `/asyncapi.yaml` unless `path` says otherwise.
   *
   * @throws BackboneError `EB_OPTIONS`
   */
  static forRoot(options: AsyncApiModuleOptions): DynamicModule {
    const path = checkedPath(options);
    return {
      module: AsyncApiModule,
      imports: [DiscoveryModule],
      controllers: [asyncApiController(path)],
      providers: [
        {
          provide: AsyncApi,
          inject: [
            // Contracts that are named need no connection.
            { token: connectionToken('connection', options.connection), optional: options.contracts !== undefined },
            DiscoveryService,
            MetadataScanner,
          ],
          useFactory: (connection: Connection | undefined, discovery: DiscoveryService, scanner: MetadataScanner) =>
            new AsyncApi(options, connection, connection && new HandlerExplorer(connection, discovery, scanner)),
        },
      ],
      exports: [AsyncApi],
    };
  }
}

const OPTIONS = ['info', 'path', 'contracts', 'connection'];

function checkedPath(options: AsyncApiModuleOptions): string {
  const unknown = unknownNames(options, OPTIONS);
  if (unknown.length > 0) throw refused(`unknown option ${unknown.join(', ')}; it knows ${OPTIONS.join(', ')}`);
  // JavaScript may leave out what TypeScript asks for.
  const { title, version } = (options.info as Partial<AsyncApiModuleOptions['info']> | undefined) ?? {};
  if (!title || !version) throw refused('`info` needs a title and a version');
  const path = (options.path ?? 'asyncapi').replace(/^\/+|\/+$/g, '');
  if (path === '') throw refused('`path` is empty; name one, such as `docs/asyncapi`');
  return path;
}

function refused(why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `AsyncApiModule: ${why}`);
}
