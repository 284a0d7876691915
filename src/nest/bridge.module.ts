import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Bridge, type BridgeEnd } from '../bridge/index.js';
import type { BridgeModuleEnd, BridgeModuleOptions } from './bridge-module.options.js';
import { Bridges } from './bridges.js';
import type { Connection } from './connection.js';
import { lastUpFirstDown } from './module-distance.js';
import { relayProblems } from './relay-problems.js';
import { relayedStreams } from './relayed-streams.js';
import { connectionToken } from './tokens.js';

/** Copies the events of contracts between connections and environments while the application runs. Provides {@link Bridges}. */
@Module({})
export class BridgeModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // A running bridge still needs both channels.
    lastUpFirstDown(modules, BridgeModule);
  }

  /**
   * Copies in this process; several processes may. The application does not start with options that cannot work, or with
   * personal data on its way to where it cannot be erased.
   */
  static forRoot(...all: readonly BridgeModuleOptions[]): DynamicModule {
    const ends = all.flatMap(({ from, to }) => [from, to]);
    return {
      module: BridgeModule,
      providers: [
        {
          provide: Bridges,
          inject: ends.map(({ connection }) => connectionToken('connection', connection)),
          useFactory: (...connections: readonly Connection[]) => {
            const of = (end: BridgeModuleEnd) => connections[ends.indexOf(end)] as Connection;
            const bridges = all.flatMap((options) => bridgesOf(options, of(options.from), of(options.to)));
            const timeouts = connections.map(({ options }) => options.shutdownTimeoutMs);
            return new Bridges(bridges, Math.max(0, ...timeouts));
          },
        },
      ],
      exports: [Bridges],
    };
  }
}

function bridgesOf(
  { contracts, ...options }: BridgeModuleOptions,
  from: Connection,
  to: Connection,
): readonly Bridge[] {
  const { identity, group, begin, batchSize, types, where } = options;
  const bridges = relayedStreams(from, to, contracts).map(
    (contract) =>
      new Bridge({
        ...{ from: endOf(options.from, from, contract), to: endOf(options.to, to, contract) },
        ...{ identity, group, begin, batchSize, types, where },
        ...{ contracts: from.contracts, codec: from.options.codec },
      }),
  );
  from.healthSources.push(() => relayProblems(bridges));
  return bridges;
}

function endOf({ server, environment }: BridgeModuleEnd, connection: Connection, contract: string): BridgeEnd {
  return { channel: connection.channel, server, environment: environment ?? connection.options.environment, contract };
}
