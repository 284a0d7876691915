import type { Provider } from '@nestjs/common';
import { BackboneError } from '../core/index.js';
import { unknownNames } from './unknown-names.js';
import type {
  EventBackboneAsyncOptions,
  EventBackboneOptions,
  EventBackboneOptionsFactory,
} from './event-backbone.options.js';

type Source = Omit<EventBackboneAsyncOptions, 'name' | 'imports'>;

/**
 * Returns the providers that make a connection's options under a token.
 *
 * @throws BackboneError `EB_OPTIONS` unless exactly one of `useFactory`, `useClass` and `useExisting` is there.
 */
export function asyncOptionsProviders(token: string, source: Source): readonly Provider[] {
  const { inject, useFactory, useClass, useExisting } = source;
  const unknown = unknownNames(source, ['inject', 'useFactory', 'useClass', 'useExisting']);
  if (unknown.length > 0) {
    throw new BackboneError(
      'EB_OPTIONS',
      `forRootAsync: unknown option ${unknown.join(', ')}; return it from useFactory`,
    );
  }
  if ([useFactory, useClass, useExisting].filter((one) => one !== undefined).length !== 1) {
    throw new BackboneError('EB_OPTIONS', 'forRootAsync: name one of `useFactory`, `useClass` and `useExisting`');
  }
  if (useFactory) {
    return [{ provide: token, inject, useFactory: useFactory as (...dependencies: unknown[]) => EventBackboneOptions }];
  }
  const maker = useClass ?? useExisting;
  if (maker === undefined) return [];
  const made: Provider = {
    provide: token,
    inject: [maker],
    useFactory: (factory: EventBackboneOptionsFactory) => factory.createEventBackboneOptions(),
  };
  return useClass ? [useClass, made] : [made];
}
