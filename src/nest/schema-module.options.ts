import type { ContractClass } from '../core/index.js';
import type { PublishSchemasOptions } from '../schema/index.js';

/** Whose schemas are published, and where. */
export interface SchemaModuleOptions extends Pick<PublishSchemasOptions, 'onMismatch'> {
  /** The contracts that this application produces. */
  readonly contracts: readonly ContractClass[];
  /** The name of the connection; the main one when absent. */
  readonly connection?: string;
}
