import type { ContractClass } from '../core/index.js';
import type { AsyncApiInfo } from '../schema/index.js';

/** What an application tells about its events, and where. */
export interface AsyncApiModuleOptions {
  readonly info: AsyncApiInfo;
  /** Where the documents are served: `asyncapi` gives `/asyncapi.json` and `/asyncapi.yaml`, and is the default. */
  readonly path?: string;
  /** Default: every contract that the connection's producers, handlers and readers name. */
  readonly contracts?: readonly ContractClass[];
  /** The name of the connection; the main one when absent. */
  readonly connection?: string;
}
