import {
  ContextIdFactory,
  ModuleRef,
  type ApplicationConfig,
  type ContextId,
  type ExternalContextCreator,
} from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/internal';
import { BackboneError, type BatchItem, type ConsumeContext } from '../core/index.js';
import { called, enhancedCall, type HandlerCall } from './enhanced-call.js';
import type { FoundHandler, ProviderWrapper } from './found-handler.js';
import { handlerEnhancers } from './handler-enhancers.js';
import { withoutExceptionsLog } from './without-exceptions-log.js';
import { withoutGlobalEnhancers } from './without-global-enhancers.js';

/** Makes calls of handlers: straight where nothing stands around a handler, else through Nest's pipeline. */
export class HandlerInvoker {
  readonly #creator: ExternalContextCreator;
  readonly #globals: { readonly any: boolean; readonly filters: boolean };

  constructor(creator: ExternalContextCreator, config: ApplicationConfig, globalEnhancers: boolean) {
    if (globalEnhancers) checkGlobals(config);
    this.#creator = withoutExceptionsLog(globalEnhancers ? creator : withoutGlobalEnhancers(creator));
    this.#globals = { any: globalEnhancers, filters: globalEnhancers && config.getGlobalFilters().length > 0 };
  }

  /** Returns the call of a found handler. */
  callOf(found: FoundHandler): HandlerCall {
    const { wrapper } = found;
    const own = handlerEnhancers(found);
    const enhancers = { any: own.any || this.#globals.any, filters: own.filters || this.#globals.filters };
    const callOn = (instance: object, contextId?: ContextId): HandlerCall => {
      if (!enhancers.any && !enhancers.filters) {
        return (args, context) => called(instance, found.method, [...args, context]);
      }
      return enhancedCall(this.#creator, found, { instance, contextId, filters: enhancers.filters });
    };
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return callOn(wrapper.instance as object);
    return async (args, context) => {
      const { instance, contextId } = await scopedInstance(wrapper, context);
      return callOn(instance, contextId)(args, context);
    };
  }

  /**
   * Returns the call of a handler that takes batches. It is made straight: what stands around a handler is made for one event.
   *
   * @throws BackboneError `EB_HANDLER` for enhancers and scopes that would be left out in silence.
   */
  batchCallOf(found: FoundHandler): (batch: readonly BatchItem[]) => unknown {
    const { where, wrapper, method } = found;
    const own = handlerEnhancers(found);
    const refused = (what: string) => new BackboneError('EB_HANDLER', `${where}: a batch handler ${what}`);
    if (own.any || own.filters || this.#globals.any) {
      throw refused(
        'cannot have guards, interceptors, pipes or filters; use `middleware`, or handle events one by one',
      );
    }
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      throw refused('must belong to a static provider: a batch holds events of many requests');
    }
    return (batch) => called(wrapper.instance as object, method, [batch]);
  }
}

/** A new instance for each try of the handler, with the event's context as its `REQUEST`. */
async function scopedInstance(
  wrapper: ProviderWrapper,
  context: ConsumeContext,
): Promise<{ readonly instance: object; readonly contextId: ContextId }> {
  const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  if (!moduleRef) throw new BackboneError('EB_HANDLER', `${String(wrapper.name)} is in no module`);
  // The id of an earlier try would bring back the instance that failed.
  Reflect.deleteProperty(context, REQUEST_CONTEXT_ID);
  const contextId = ContextIdFactory.getByRequest(context);
  // For what the handler itself resolves by its event.
  Object.defineProperty(context, REQUEST_CONTEXT_ID, { value: contextId, configurable: true });
  // As Nest's router does: durable providers outlive this event and see what the strategy gave, not the event.
  moduleRef.registerRequestByContextId(wrapper.isDependencyTreeDurable() ? contextId.payload : context, contextId);
  const instance = await moduleRef.resolve<object>(wrapper.token as string, contextId, { strict: true });
  return { instance, contextId };
}

/** A global enhancer that is made for each request would be left out, a guard among them, without a word. */
function checkGlobals(config: ApplicationConfig): void {
  const scoped =
    config.getGlobalRequestGuards().length +
    config.getGlobalRequestInterceptors().length +
    config.getGlobalRequestPipes().length +
    config.getGlobalRequestFilters().length;
  if (scoped === 0) return;
  throw new BackboneError(
    'EB_UNSUPPORTED',
    `\`globalEnhancers: true\` runs static global enhancers only, and ${scoped} of this application are request-scoped or transient; ` +
      'make them static, or decorate the handlers with them',
  );
}
