import type { Connection } from './connection.js';
import type { AsyncApiModuleOptions } from './async-api-module.options.js';
import type { HandlerExplorer } from './handler-explorer.js';
import { asyncApiOf, asyncApiYaml, type AsyncApiDocument } from '../schema/index.js';

/** Describes the events of an application and which of its groups consume them. Inject it by its class. */
export class AsyncApi {
  #document: Promise<AsyncApiDocument> | undefined;

  /** Without a connection there are the contracts of the options, and no groups. */
  constructor(
    private readonly options: AsyncApiModuleOptions,
    private readonly connection?: Connection,
    private readonly explorer?: HandlerExplorer,
  ) {}

  /** Returns the AsyncAPI 3.0 document, once the application is initialized; the same one each time. */
  document(): Promise<AsyncApiDocument> {
    this.#document ??= this.#describe();
    return this.#document;
  }

  /**
   * Returns the document as YAML.
   *
   * @throws BackboneError `EB_UNSUPPORTED` where the package `yaml` is not installed.
   */
  async yaml(): Promise<string> {
    return asyncApiYaml(await this.document());
  }

  async #describe(): Promise<AsyncApiDocument> {
    const consumers = (await this.explorer?.explore()) ?? [];
    const known = [...(this.connection?.contracts ?? [])].map(({ cls }) => cls);
    return asyncApiOf(this.options.contracts ?? known, this.options.info, { consumers });
  }
}
