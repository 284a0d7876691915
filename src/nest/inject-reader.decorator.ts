import { Inject } from '@nestjs/common';
import type { ContractClass } from '../core/index.js';
import { getReaderToken } from './tokens.js';

/** Injects the reader of a contract that `EventBackboneModule.forFeature` provides; its type is `EventReader<Contract>`. */
export function InjectReader(contract: ContractClass, connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getReaderToken(contract, connection));
}
