import type { ArgumentsHost } from '@nestjs/common';
import { BackboneError, EventContext } from '../core/index.js';

/** What `getType()` of an execution context says while an event is handled. */
export const EVENT_CONTEXT_TYPE = 'event';

/** Tells whether a guard, interceptor or filter is running for an event. */
export function isEventContext(host: ArgumentsHost): boolean {
  return host.getType<string>() === EVENT_CONTEXT_TYPE;
}

/**
 * Returns the event's context, for guards, interceptors and filters on handlers.
 *
 * @throws BackboneError `EB_HANDLER` when no event is being handled; ask {@link isEventContext} first.
 */
export function eventContextOf(host: ArgumentsHost): EventContext {
  const context: unknown = isEventContext(host) ? host.getArgs().at(-1) : undefined;
  if (context instanceof EventContext) return context;
  throw new BackboneError(
    'EB_HANDLER',
    `this is a ${host.getType<string>()} context, not an event's; ask isEventContext(host) first`,
  );
}
