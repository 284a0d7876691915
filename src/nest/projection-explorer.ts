import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ModuleRef } from '@nestjs/core';
import { BackboneError, eventOfMethod, selectedMethod, type EventDefinition, type ReadModel } from '../core/index.js';
import { checkedProjection, ProjectionRunner, type ProjectionHandler } from '../projections/index.js';
import type { Connection } from './connection.js';
import { called } from './enhanced-call.js';
import type { ProviderWrapper } from './found-handler.js';
import { declaredProjection, declaredProjects, type ProjectionDeclaration } from './projection-declaration.js';

/** A projection of the application. */
export interface FoundProjection {
  readonly runner: ProjectionRunner;
  /** What it takes in, one row for each method: `UsersProjection.added` and `users.userAdded.v1`. */
  readonly rows: readonly { readonly where: string; readonly event: string }[];
}

/** Finds the `@Projection` providers of the application. */
export class ProjectionExplorer {
  constructor(
    private readonly connection: Connection,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Returns the projections of this connection; `model` is for those that name none.
   *
   * @throws BackboneError `EB_HANDLER`, `EB_OPTIONS`
   */
  async explore(model: ReadModel | undefined): Promise<readonly FoundProjection[]> {
    const found = new Map<string, FoundProjection>();
    for (const wrapper of this.discovery.getProviders()) {
      const cls = wrapper.metatype as (abstract new () => object) | null;
      const declaration = typeof cls === 'function' && !wrapper.isAlias ? declaredProjection(cls) : undefined;
      if (!cls || !declaration || declaration.connection !== this.connection.name) continue;
      if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient)
        throw refused(cls.name, 'a projection must be a static provider');
      if (found.has(declaration.name)) {
        throw refused(
          cls.name,
          `there are two projections "${declaration.name}"; give one another name, and provide each once`,
        );
      }
      found.set(declaration.name, await this.#projection(wrapper, cls, declaration, model));
    }
    return [...found.values()];
  }

  async #projection(
    wrapper: ProviderWrapper,
    cls: abstract new () => object,
    declaration: ProjectionDeclaration,
    model: ReadModel | undefined,
  ): Promise<FoundProjection> {
    const { name, contract: contractClass, version = 1, middleware = [], model: own, ...settings } = declaration;
    const { channel, options } = this.connection;
    const contract = this.connection.contract(contractClass);
    const instance = wrapper.instance as object;
    const prototype = cls.prototype as object;
    const handlers: ProjectionHandler[] = [];
    const rows: { readonly where: string; readonly event: string }[] = [];
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      for (const project of declaredProjects(prototype, method)) {
        const where = `${cls.name}.${method}`;
        const event = this.#event(where, project);
        handlers.push({ event, project: (args, projected) => called(instance, method, [...args, projected]) });
        rows.push({ where, event: `${event.contract.name}.${event.type}` });
      }
    }
    const create =
      'create' in instance
        ? async (tx: unknown): Promise<void> => {
            await called(instance, 'create', [tx]);
          }
        : undefined;
    const runner = new ProjectionRunner({
      ...settings,
      ...{ channel, environment: options.environment, codec: options.codec },
      projection: checkedProjection({ name, contract, handlers, create, version }),
      model: await modelOf(wrapper, cls.name, own ?? model),
      middleware: [...this.connection.innerMiddleware(), ...middleware],
    });
    return { runner, rows };
  }

  #event(where: string, { contract: cls, event: named }: ReturnType<typeof declaredProjects>[number]): EventDefinition {
    const contract = this.connection.contract(cls);
    const name = typeof named === 'string' ? named : selectedMethod<unknown>(named as (events: object) => unknown);
    const event = name === undefined ? undefined : eventOfMethod(contract, name);
    if (event) return event;
    throw refused(where, `${cls.name} has no such event; it has: ${[...contract.byMethod.keys()].join(', ')}`);
  }
}

async function modelOf(
  wrapper: ProviderWrapper,
  where: string,
  model: ProjectionDeclaration['model'],
): Promise<ReadModel> {
  const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  const found = typeof model === 'function' && moduleRef ? await model(moduleRef) : model;
  if (found && typeof found !== 'function') return found;
  throw refused(where, 'it has no read model; name one in ProjectionModule.forRoot({ model }) or in @Projection');
}

function refused(where: string, why: string): BackboneError {
  return new BackboneError('EB_HANDLER', `${where}: ${why}`);
}
