import { Inject } from '@nestjs/common';
import type { ContractClass } from '../core/index.js';
import { getProducerToken } from './tokens.js';

/** Injects the producer of a contract that `EventBackboneModule.forFeature` provides; its type is `Producer<Contract>`. */
export function InjectProducer(contract: ContractClass, connection?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getProducerToken(contract, connection));
}
