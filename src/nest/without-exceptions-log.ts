import type { ArgumentsHost } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { BackboneError } from '../core/index.js';

/**
 * Returns a context creator that passes an error on which no filter has answered, as the one given does, and does not
 * write it to the log.
 *
 * Nest has no option for it, and logs the error as it was thrown, with the arguments that it may quote. It is told
 * without them elsewhere.
 *
 * @throws BackboneError `EB_UNSUPPORTED` when this version of Nest is made differently.
 */
export function withoutExceptionsLog(creator: ExternalContextCreator): ExternalContextCreator {
  const filters: unknown = Reflect.get(creator, PART);
  if (!isFilters(filters)) throw unsupported();
  const create: Filters['create'] = (...args) => withoutLog(filters.create(...args));
  const quiet = Object.assign(Object.create(filters) as Filters, { create });
  return Object.assign(Object.create(creator) as ExternalContextCreator, { [PART]: quiet });
}

const PART = 'filtersContextCreator';

interface Filters {
  create(...args: readonly unknown[]): ExceptionsHandler;
}

interface ExceptionsHandler {
  next(error: unknown, host: ArgumentsHost): unknown;
  /** Gives nothing when no filter is for this error, or when the one that is has answered nothing. */
  invokeCustomFilters(error: unknown, host: ArgumentsHost): unknown;
}

function isFilters(part: unknown): part is Filters {
  return typeof part === 'object' && part !== null && 'create' in part && typeof part.create === 'function';
}

function withoutLog(handler: ExceptionsHandler): ExceptionsHandler {
  if (typeof handler.invokeCustomFilters !== 'function') throw unsupported();
  const next: ExceptionsHandler['next'] = (error, host) => {
    const answer = handler.invokeCustomFilters(error, host);
    if (answer === undefined || answer === null) throw error;
    return answer;
  };
  return Object.assign(handler, { next });
}

function unsupported(): BackboneError {
  const message =
    'this version of @nestjs/core gives no way to keep errors that quote arguments out of the log; use a version of it that ' +
    'the peerDependencies of this package name';
  return new BackboneError('EB_UNSUPPORTED', message);
}
