import { ModuleRef, type DiscoveryService, type MetadataScanner } from '@nestjs/core';
import { BackboneError, checkedName, eventOfMethod, selectedMethod, type EventDefinition } from '../core/index.js';
import { RETRY } from './checked-options.js';
import type { Connection } from './connection.js';
import type { FoundHandler, ProviderWrapper } from './found-handler.js';
import {
  declaredDefaults,
  declaredHandlers,
  type EventBatchHandlerOptions,
  type HandlerDeclaration,
} from './handler-declaration.js';
import { getBackboneToken } from './tokens.js';
import { unknownNames } from './unknown-names.js';

type Candidate = Pick<FoundHandler, 'where' | 'wrapper' | 'cls' | 'method'>;

/** Finds the `@EventHandler` methods of the application's providers and controllers. */
export class HandlerExplorer {
  constructor(
    private readonly connection: Connection,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Returns the handlers that read from this connection.
   *
   * @throws BackboneError `EB_HANDLER`, `EB_CONTRACT` or `EB_NAME`, naming class and method.
   */
  async explore(): Promise<readonly FoundHandler[]> {
    this.#checkSetUpOnce();
    const found: FoundHandler[] = [];
    for (const candidate of this.#candidates()) {
      for (const declaration of declaredHandlers(candidate.cls.prototype as object, candidate.method)) {
        const handler = await this.#handler(candidate, declaration);
        if (handler) found.push(handler);
      }
    }
    return found;
  }

  *#candidates(): Iterable<Candidate> {
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (wrapper.isAlias) continue;
      // A class stands for all its instances (it may be provided by several modules); what a factory made is itself.
      const once = wrapper.isNotMetatype ? (wrapper.instance as unknown) : wrapper.metatype;
      const cls = classOf(wrapper);
      if (!cls || (typeof once !== 'object' && typeof once !== 'function') || once === null || seen.has(once)) continue;
      seen.add(once);
      for (const method of this.scanner.getAllMethodNames(cls.prototype as object)) {
        yield { where: `${cls.name}.${method}`, wrapper, cls, method };
      }
    }
  }

  async #handler(candidate: Candidate, declaration: HandlerDeclaration): Promise<FoundHandler | undefined> {
    const { where, wrapper, cls, method } = candidate;
    const { batch } = declaration;
    const options = withDefaults(await this.#options(wrapper, declaration), declaredDefaults(cls));
    const decorator = batch ? '@EventBatchHandler' : '@EventHandler';
    const unknown = [
      ...unknownNames(options, batch ? [...HANDLER, ...BATCH] : HANDLER),
      ...unknownNames(options.retry, RETRY).map((name) => `retry.${name}`),
    ];
    if (unknown.length > 0) throw refused(where, `${decorator} knows no option ${unknown.join(', ')}`);
    if (options.ack !== undefined && !['auto', 'manual'].includes(options.ack)) {
      throw refused(where, "`ack` must be 'auto' or 'manual'");
    }
    if (options.onReplay !== undefined && !['run', 'skip'].includes(options.onReplay)) {
      throw refused(where, "`onReplay` must be 'run' or 'skip'");
    }
    if (batch && options.ack === 'manual') {
      throw refused(where, "a batch handler cannot have ack: 'manual'; fail single events with item.fail(error)");
    }
    if (options.connection !== this.connection.name) {
      this.#checkSetUp(where, options.connection);
      return undefined;
    }
    const event = this.#event(where, declaration);
    const parameters = ((cls.prototype as Record<string, unknown>)[method] as (...args: unknown[]) => unknown).length;
    if (batch && parameters > 1) throw refused(where, `it takes ${parameters} parameters, a batch handler takes one`);
    if (!batch && parameters > event.arguments.length + 1) {
      throw refused(
        where,
        `it takes ${parameters} parameters, but ${event.type} has ${event.arguments.length} arguments, and the event's context follows them`,
      );
    }
    const group = options.group ?? this.connection.options.group;
    if (group === undefined) {
      throw refused(
        where,
        'it has no group; name one in EventBackboneModule.forRoot({ group }), @EventGroup or @EventHandler',
      );
    }
    return { where, wrapper, cls, method, event, group: checkedName(`group of ${where}`, group), options, batch };
  }

  async #options(wrapper: ProviderWrapper, { options = {} }: HandlerDeclaration): Promise<EventBatchHandlerOptions> {
    if (typeof options !== 'function') return options;
    const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
    return moduleRef ? options(moduleRef) : {};
  }

  #event(where: string, { contract: cls, event: named }: HandlerDeclaration): EventDefinition {
    const contract = this.connection.contract(cls);
    const name = typeof named === 'string' ? named : selectedMethod<unknown>(named as (events: object) => unknown);
    const event = name === undefined ? undefined : eventOfMethod(contract, name);
    if (event) return event;
    const known = [...contract.byMethod.keys()].join(', ');
    throw refused(
      where,
      `${cls.name} has no event ${name === undefined ? 'that the selector picks' : `"${name}"`}; it has: ${known}`,
    );
  }

  #checkSetUp(where: string, name: string | undefined): void {
    if (this.#isSetUp(name) > 0) return;
    const call = name === undefined ? 'forRoot without a name' : `forRoot({ name: '${name}' })`;
    throw refused(
      where,
      `it reads from ${connectionName(name)}, which is not set up; import EventBackboneModule.${call}`,
    );
  }

  /** Two of one name would both read for the same handlers. */
  #checkSetUpOnce(): void {
    if (this.#isSetUp(this.connection.name) < 2) return;
    throw new BackboneError(
      'EB_OPTIONS',
      `EventBackboneModule.forRoot sets up ${connectionName(this.connection.name)} twice; import one of them only, or give it another \`name\``,
    );
  }

  #isSetUp(name: string | undefined): number {
    const token = getBackboneToken(name);
    return this.discovery.getProviders().filter((wrapper) => wrapper.token === token).length;
  }
}

const HANDLER = ['group', 'connection', 'retry', 'timeoutMs', 'ack', 'onReplay', 'middleware'];
const BATCH = ['maxSize', 'maxWaitMs'];

function withDefaults(own: EventBatchHandlerOptions, defaults: EventBatchHandlerOptions): EventBatchHandlerOptions {
  const middleware = [...(defaults.middleware ?? []), ...(own.middleware ?? [])];
  return { ...defaults, ...own, retry: { ...defaults.retry, ...own.retry }, middleware };
}

/** From the class where there is one: scoped providers have no instance yet, and a proxy may hide its class. */
function classOf(wrapper: ProviderWrapper): FoundHandler['cls'] | undefined {
  if (!wrapper.isNotMetatype) return wrapper.metatype as FoundHandler['cls'];
  const instance: unknown = wrapper.instance;
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as { constructor?: unknown } | null;
  const cls = prototype && prototype !== Object.prototype ? prototype.constructor : undefined;
  return typeof cls === 'function' ? (cls as FoundHandler['cls']) : undefined;
}

function connectionName(name: string | undefined): string {
  return name === undefined ? 'the main connection' : `the connection "${name}"`;
}

function refused(where: string, message: string): BackboneError {
  return new BackboneError('EB_HANDLER', `${where}: ${message}`);
}
