import type { ContractClass } from '../core/index.js';
import type { Connection } from './connection.js';

/**
 * Names the streams of contracts that are to go from one connection to another, each once: several contracts may share one.
 *
 * @throws BackboneError `EB_OPTIONS` for secret arguments on their way to where nothing is encrypted, `EB_UNSUPPORTED` for
 *   personal data on its way to where it cannot be erased.
 */
export function relayedStreams(
  from: Connection,
  to: Connection,
  contracts: readonly ContractClass[],
): readonly string[] {
  const names = contracts.map((cls) => {
    to.checkPrivacy(to.contract(cls));
    return from.contract(cls).name;
  });
  return [...new Set(names)];
}
