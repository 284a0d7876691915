import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Relay } from '../core/index.js';
import type { Connection } from './connection.js';
import { lastUpFirstDown } from './module-distance.js';
import type { RelayModuleOptions } from './relay-module.options.js';
import { relayProblems } from './relay-problems.js';
import { relayedStreams } from './relayed-streams.js';
import { Relays } from './relays.js';
import { connectionToken } from './tokens.js';

/** Relays the events of contracts between two connections while the application runs. Provides {@link Relays}. */
@Module({})
export class RelayModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // A running relay still needs both channels.
    lastUpFirstDown(modules, RelayModule);
  }

  /**
   * Relays in this process; several processes may. The application does not start with options that cannot work, or with
   * personal data on its way to where it cannot be erased.
   */
  static forRoot(options: RelayModuleOptions): DynamicModule {
    return {
      module: RelayModule,
      providers: [
        {
          provide: Relays,
          inject: [connectionToken('connection', options.from), connectionToken('connection', options.to)],
          useFactory: (from: Connection, to: Connection) =>
            new Relays(relaysOf(options, from, to), from.options.shutdownTimeoutMs),
        },
      ],
      exports: [Relays],
    };
  }
}

function relaysOf({ contracts, ...options }: RelayModuleOptions, from: Connection, to: Connection): readonly Relay[] {
  const { group, begin, batchSize } = options;
  const relays = relayedStreams(from, to, contracts).map(
    (contract) =>
      new Relay({
        ...{ from: from.channel, stream: { environment: from.options.environment, contract } },
        ...{ to: to.channel, target: { environment: to.options.environment, contract } },
        ...{ group, begin, batchSize, contracts: from.contracts, codec: from.options.codec },
      }),
  );
  from.healthSources.push(() => relayProblems(relays));
  return relays;
}
