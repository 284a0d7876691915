import { BackboneError, type Fields } from '../core/index.js';
import { isReference } from './record-value.js';

/**
 * Refuses what neither a record nor the payload store can hold.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function checkFields(fields: Fields): void {
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (name.startsWith('.')) throw refused('a field on Kafka must not begin with a dot');
    if (typeof value === 'string' || value instanceof Uint8Array || isReference(value)) continue;
    throw refused('a field is neither text nor bytes, and no reference with a store and a size');
  }
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_ARGUMENT', `${message}; nothing was stored`);
}
