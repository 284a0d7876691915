import { Logger, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { BackboneError, describeError } from '../core/index.js';
import { publishSchemas } from '../schema/index.js';
import type { Connection } from './connection.js';
import type { SchemaModuleOptions } from './schema-module.options.js';
import { connectionToken } from './tokens.js';
import { unknownNames } from './unknown-names.js';

/**
 * Publishes what the events of an application look like with their streams, once for each version: tools then tell what
 * is stored, and a build that writes the same version in another way is noticed when it starts.
 */
@Module({})
export class SchemaModule {
  /** @throws BackboneError `EB_OPTIONS` */
  static forRoot(options: SchemaModuleOptions): DynamicModule {
    const unknown = unknownNames(options, OPTIONS);
    if (unknown.length > 0) {
      const message = `SchemaModule: unknown option ${unknown.join(', ')}; it knows ${OPTIONS.join(', ')}`;
      throw new BackboneError('EB_OPTIONS', message);
    }
    return {
      module: SchemaModule,
      providers: [
        {
          provide: SchemaPublication,
          inject: [connectionToken('connection', options.connection)],
          useFactory: (connection: Connection) => new SchemaPublication(connection, options),
        },
      ],
    };
  }
}

const OPTIONS = ['contracts', 'connection', 'onMismatch'];

class SchemaPublication implements OnApplicationBootstrap {
  readonly #logger = new Logger('EventBackbone');

  constructor(
    private readonly connection: Connection,
    private readonly options: SchemaModuleOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { contracts, onMismatch } = this.options;
    const { channel } = this.connection;
    const { environment, source } = this.connection.options;
    const published = publishSchemas({ channel, environment, source, contracts, onMismatch });
    // A server that is away must not keep the application from starting; only who refuses must know first.
    if (onMismatch === 'refuse') await published;
    else published.catch((error: unknown) => this.#logger.warn(`schemas are not published: ${describeError(error)}`));
  }
}
