import 'reflect-metadata';
import { isObservable, lastValueFrom } from 'rxjs';
import type { ContextId, ExternalContextCreator } from '@nestjs/core';
import { BackboneError, currentEvent, type ConsumeContext, type EventContext } from '../core/index.js';
import { EVENT_CONTEXT_TYPE } from './event-execution-context.js';
import type { FoundHandler } from './found-handler.js';
import { handlerParameters } from './handler-parameters.js';
import { refusal } from './refusal.js';

/** Runs a handler for one event. */
export type HandlerCall = (args: readonly unknown[], context: ConsumeContext) => unknown;

type Callback = (...args: unknown[]) => unknown;
type Pipeline = Parameters<ExternalContextCreator['create']>[7];

/** On which instance a handler runs, and in which part of Nest's container. */
export interface CallTarget {
  readonly instance: object;
  readonly contextId?: ContextId;
  readonly filters: boolean;
}

/** What really became of one call, however guards, interceptors and filters answered. */
interface Outcome {
  begun: boolean;
  completed: boolean;
  failure?: { readonly error: unknown };
}

/**
 * Returns a call of a handler through its guards, interceptors, pipes and filters. It succeeds only if the handler
 * did, or if `skip()` was called: a filter or an interceptor that answers in place of a failed handler would
 * otherwise lose the event in silence.
 */
export function enhancedCall(creator: ExternalContextCreator, found: FoundHandler, target: CallTarget): HandlerCall {
  const { where, method, wrapper, event } = found;
  const { instance, contextId, filters } = target;
  const outcomes = new WeakMap<object, Outcome>();
  const { metadataKey, factory } = handlerParameters(found);

  const outcomeOf = (context: EventContext | undefined): Outcome => {
    const outcome = context && outcomes.get(context);
    if (outcome) return outcome;
    const message = `${where}: an interceptor left the asynchronous context of the event`;
    throw new BackboneError('EB_NOT_COMPLETED', message);
  };
  const handler: Callback = async (...args) => {
    const context = currentEvent();
    const outcome = outcomeOf(context);
    outcome.begun = true;
    try {
      const result = await called(instance, method, [...args.slice(0, event.arguments.length), context]);
      outcome.completed = true;
      return result;
    } catch (error) {
      outcome.failure = { error };
      throw error;
    }
  };
  const pipeline = (callback: Callback, key: string | undefined, which: Pipeline): Callback => {
    const carried = carrying((instance as Record<string, Callback>)[method] as Callback, callback);
    const parameters = key === undefined ? undefined : factory;
    const inquirer = wrapper.id;
    return creator.create(instance, carried, method, key, parameters, contextId, inquirer, which, EVENT_CONTEXT_TYPE);
  };
  const guarded = pipeline(handler, metadataKey, { guards: true, interceptors: true, filters: false });
  const recorded: Callback = async (...args) => {
    try {
      return await guarded(...args);
    } catch (error) {
      const outcome = outcomeOf(currentEvent());
      outcome.failure = { error: outcome.begun ? error : refusal(where, error) };
      // An interceptor may fail after the handler: a commit that is refused undoes what the handler did.
      outcome.completed = false;
      throw error;
    }
  };
  // Filters alone, around everything else, so that the error is known before a filter sees it.
  const run = filters ? pipeline(recorded, undefined, { guards: false, interceptors: false, filters: true }) : recorded;

  return async (args, context) => {
    const outcome: Outcome = { begun: false, completed: false };
    outcomes.set(context, outcome);
    try {
      await run(...args, context);
    } catch (error) {
      // What a filter made of a refusal changes nothing; what it made of a failure does.
      throw outcome.begun || !outcome.failure ? error : outcome.failure.error;
    }
    if (outcome.completed || context.skipped) return;
    if (outcome.failure) throw outcome.failure.error;
    throw new BackboneError(
      'EB_NOT_COMPLETED',
      `${where} was not run: an interceptor answered in its place; let it call eventContextOf(context).skip() if that is meant`,
    );
  };
}

/** Calls a method that is looked up now, so that what instruments the instance is seen; waits for an Observable's end. */
export function called(instance: object, method: string, args: readonly unknown[]): unknown {
  const result = (instance as Record<string, Callback>)[method]?.(...args);
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

/** Guards and interceptors read what decorators left with the method from the function they are given. */
function carrying(original: Callback, replacement: Callback): Callback {
  for (const key of Reflect.getMetadataKeys(original) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), replacement);
  }
  return Object.defineProperty(replacement, 'name', { value: original.name });
}
