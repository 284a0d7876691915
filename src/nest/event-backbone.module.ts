import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { checkedName, type ContractClass, type Producer } from '../core/index.js';
import { asyncOptionsProviders } from './async-options.js';
import type { Backbone } from './backbone.js';
import { connectionProviders } from './connection-providers.js';
import { EventBackboneRunnerModule } from './event-backbone-runner.module.js';
import type { EventBackboneAsyncOptions, EventBackboneRootOptions } from './event-backbone.options.js';
import { producerPlace, type ProducerPlace } from './producer-place.js';
import { connectionToken, getBackboneToken, getProducerToken, getReaderToken } from './tokens.js';

/**
 * Connects an application to a channel: `forRoot` once for each connection, in the application's root module;
 * `forFeature` where producers are injected. Handlers need no registration, they are found.
 */
@Module({})
export class EventBackboneModule {
  /** Sets up a connection for the whole application. */
  static forRoot({ name, ...options }: EventBackboneRootOptions): DynamicModule {
    return connection(name, [{ provide: connectionToken('options', name), useValue: options }]);
  }

  /** Sets up a connection whose options come from other providers. */
  static forRootAsync({ name, imports = [], ...source }: EventBackboneAsyncOptions): DynamicModule {
    return connection(name, asyncOptionsProviders(connectionToken('options', name), source), imports);
  }

  /**
   * Provides the producers and the readers of contracts, for `@InjectProducer` and `@InjectReader`, in the module that
   * imports it; for another environment than the connection's own, producers only.
   */
  static forFeature(contracts: readonly ContractClass[], place?: string | ProducerPlace): DynamicModule {
    const { connection, environment } = producerPlace(place);
    const inject = [getBackboneToken(connection)];
    const providers = contracts.flatMap((contract): Exclude<Provider, abstract new () => unknown>[] => {
      const producer = (backbone: Backbone): Producer<object> => backbone.producer(contract);
      if (environment !== undefined) {
        const useFactory = (backbone: Backbone) => producer(backbone).$with({ environment });
        return [{ provide: getProducerToken(contract, place), inject, useFactory }];
      }
      return [
        { provide: getProducerToken(contract, connection), inject, useFactory: producer },
        {
          provide: getReaderToken(contract, connection),
          inject,
          useFactory: (backbone: Backbone) => backbone.reader(contract),
        },
      ];
    });
    return { module: EventBackboneModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}

function connection(
  name: string | undefined,
  options: readonly Provider[],
  imports: EventBackboneAsyncOptions['imports'] = [],
): DynamicModule {
  if (name !== undefined) checkedName('connection name', name);
  const { providers, exports } = connectionProviders(name);
  return {
    module: EventBackboneModule,
    global: true,
    imports: [...imports, EventBackboneRunnerModule.forConnection(name)],
    providers: [...options, ...providers],
    exports,
  };
}
