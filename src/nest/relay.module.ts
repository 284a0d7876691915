import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Connection } from './connection.js';
import { lastUpFirstDown } from './module-distance.js';
import type { RelayModuleOptions } from './relay-module.options.js';
import { Relays } from './relays.js';
import { connectionToken } from './tokens.js';

/** Relays the events of contracts between two connections while the application runs. Provides {@link Relays}. */
@Module({})
export class RelayModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // A running relay still needs both channels.
    lastUpFirstDown(modules, RelayModule);
  }

  /** Relays in this process; several processes may. */
  static forRoot(options: RelayModuleOptions): DynamicModule {
    return {
      module: RelayModule,
      providers: [
        {
          provide: Relays,
          inject: [connectionToken('connection', options.from), connectionToken('connection', options.to)],
          useFactory: (from: Connection, to: Connection) => new Relays(from, to, options),
        },
      ],
      exports: [Relays],
    };
  }
}
