import type { ContractClass } from '../core/index.js';
import { asyncApiOf } from './async-api-of.js';
import { compareSchemas, type SchemaDocument } from './compare-schemas.js';
import type { SchemaChange } from './schema-change.js';

/** What is compared with what. */
export interface SchemaCheck {
  /** What is to be deployed. */
  readonly contracts: readonly ContractClass[];
  /** What is deployed, or stored: a document that `asyncApiOf` made, or the one of `readSchemas`. */
  readonly against: SchemaDocument;
}

/**
 * Lists what would change if contracts were deployed, the breaking changes first: see `compareSchemas`.
 *
 * @throws BackboneError `EB_CONTRACT`, and `EB_ARGUMENT` for a document of another form.
 */
export async function checkSchema({ contracts, against }: SchemaCheck): Promise<readonly SchemaChange[]> {
  return compareSchemas(against, await asyncApiOf(contracts, { title: 'Events', version: '1' }));
}
