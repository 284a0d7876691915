import { BackboneError, isSealed, type FieldValue, type Message } from '../core/index.js';

/**
 * Refuses to copy fields under another id or into another contract that could not be read there: those that were read
 * encrypted, and references to a payload store that were not resolved. Both are bound to their event.
 *
 * @throws BackboneError `EB_OPTIONS`: the bridge stops, and nothing is lost.
 */
export function checkUnbound({ type, fields }: Message): void {
  for (const [field, value] of Object.entries(fields)) {
    if (isSealed(value)) throw bound(type, field, 'was read encrypted', 'its `privacy: { secret, keys }`');
    if (isReference(value)) throw bound(type, field, 'is kept in a payload store', 'its `payloads`');
  }
}

function isReference(value: FieldValue): boolean {
  return typeof value !== 'string' && !(value instanceof Uint8Array);
}

function bound(type: string, field: string, what: string, remedy: string): BackboneError {
  const message =
    `bridge: argument "${field}" of ${type} ${what}, and belongs to its event's id and contract; give the bridge the channel ` +
    `of a connection with ${remedy} to read from, or keep identity and contract`;
  return new BackboneError('EB_OPTIONS', message, { details: { path: field, constraint: 'not bound' } });
}
