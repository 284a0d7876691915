import { Inject } from '@nestjs/common';
import type { ContractClass } from '../core/index.js';
import type { ProducerPlace } from './producer-place.js';
import { getProducerToken } from './tokens.js';

/**
 * Injects the producer of a contract that `EventBackboneModule.forFeature` provides; its type is `Producer<Contract>`. Named
 * a connection or an environment, it is the one that `forFeature` provides for these.
 */
export function InjectProducer(
  contract: ContractClass,
  place?: string | ProducerPlace,
): PropertyDecorator & ParameterDecorator {
  return Inject(getProducerToken(contract, place));
}
