import type { BridgeOptions, Place } from '../bridge/index.js';
import type { ContractClass } from '../core/index.js';

/** One side of the bridges of a module. */
export interface BridgeModuleEnd extends Partial<Pick<Place, 'server' | 'environment'>> {
  /** The name of the connection; the main one when absent. Its environment holds unless another one is named. */
  readonly connection?: string;
}

/** Which events are copied from one connection or environment of the application to another. */
export interface BridgeModuleOptions extends Pick<
  BridgeOptions,
  'identity' | 'group' | 'begin' | 'batchSize' | 'types' | 'where'
> {
  readonly from: BridgeModuleEnd;
  readonly to: BridgeModuleEnd;
  /** All contracts of the streams that are copied. */
  readonly contracts: readonly ContractClass[];
}
