import 'reflect-metadata';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/internal';
import { BackboneError } from '../core/index.js';
import type { FoundHandler } from './found-handler.js';

/** What runs around a handler besides its middleware. */
export interface HandlerEnhancers {
  /** Guards, interceptors, pipes or parameter decorators. */
  readonly any: boolean;
  readonly filters: boolean;
}

const RUNNERS = {
  [GUARDS_METADATA]: 'canActivate',
  [INTERCEPTORS_METADATA]: 'intercept',
  [PIPES_METADATA]: 'transform',
  [EXCEPTION_FILTERS_METADATA]: 'catch',
} as const;

/**
 * Reads which guards, interceptors, pipes and filters the decorators of a handler and its class name.
 *
 * @throws BackboneError `EB_HANDLER` for one that Nest would leave out in silence: it makes enhancer classes for
 *   classes in a `providers` array only, not for what a factory returns.
 */
export function handlerEnhancers({ where, wrapper, cls, method }: FoundHandler): HandlerEnhancers {
  const callback = (cls.prototype as Record<string, object>)[method] as object;
  const has = { [EXCEPTION_FILTERS_METADATA]: false, any: Reflect.hasMetadata(ROUTE_ARGS_METADATA, cls, method) };
  for (const [key, runner] of Object.entries(RUNNERS)) {
    for (const enhancer of [...enhancersOf(key, cls), ...enhancersOf(key, callback)]) {
      has[key === EXCEPTION_FILTERS_METADATA ? key : 'any'] = true;
      if (typeof enhancer !== 'function' || runner in enhancer) continue;
      if (wrapper.host?.injectables.has(enhancer)) continue;
      throw new BackboneError(
        'EB_HANDLER',
        `${where}: ${enhancer.name} would not run, because a factory or value provides ${cls.name}; ` +
          `provide ${cls.name} as a class, or decorate with an instance: new ${enhancer.name}(...)`,
      );
    }
  }
  return { any: has.any, filters: has[EXCEPTION_FILTERS_METADATA] };
}

type Enhancer = object | (abstract new (...args: never[]) => unknown);

function enhancersOf(key: string, target: object): readonly Enhancer[] {
  return (Reflect.getMetadata(key, target) ?? []) as readonly Enhancer[];
}
