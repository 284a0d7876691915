import type { ContractClass, RelayOptions } from '../core/index.js';

/** Which events go from one connection of the application to another. */
export interface RelayModuleOptions extends Pick<RelayOptions, 'group' | 'begin' | 'batchSize'> {
  /** The name of the connection to read from; the main one when absent. */
  readonly from?: string;
  /** The name of the connection to publish to; the main one when absent. */
  readonly to?: string;
  readonly contracts: readonly ContractClass[];
}
