import { declareDefaults, type EventHandlerOptions } from './handler-declaration.js';

/**
 * Sets options for all handlers of a class: `@HandlerDefaults({ retry: { attempts: 10 }, timeoutMs: 30_000 })`. A
 * handler's own options go before them, option by option.
 */
export function HandlerDefaults(defaults: EventHandlerOptions): ClassDecorator {
  return (target) => {
    declareDefaults(target, defaults);
  };
}
