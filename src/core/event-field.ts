import type { Codec } from './codec.js';
import { Erased } from './erased.js';
import { BackboneError, isBackboneError } from './errors.js';
import type { FieldValue } from './message.js';

/**
 * Encodes the value of one field of an event.
 *
 * @throws BackboneError `EB_ARGUMENT` with the path and the constraint that failed; never with the value.
 */
export function encodeField(type: string, field: string, value: unknown, codec: Codec): string | Uint8Array {
  if (value instanceof Erased) {
    const message = `argument "${field}" of ${type} was erased, and cannot be stored again; leave it out`;
    throw new BackboneError('EB_ARGUMENT', message, { details: { path: field, constraint: 'not erased' } });
  }
  try {
    return codec.encode(value);
  } catch (error) {
    throw encodeFailure(type, field, error);
  }
}

/**
 * Decodes one field of an event.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path; never with the value.
 */
export function decodeField(type: string, field: string, value: FieldValue, codec: Codec): unknown {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw undecodable(type, field, `it lives in the payload store "${value.store}", which is not set up`);
  }
  try {
    return codec.decode(value);
  } catch (error) {
    // A parser's message quotes the text, which may be personal data: only our own messages are kept.
    throw undecodable(type, field, ownWords(error) ?? `it is not ${codec.contentType}`, error);
  }
}

/** The error of a field that cannot be turned into its argument. */
export function undecodable(type: string, field: string, why: string, error?: unknown): BackboneError {
  const path = isBackboneError(error) && typeof error.details['path'] === 'string' ? error.details['path'] : field;
  return new BackboneError('EB_UNDECODABLE', `argument "${field}" of ${type} cannot be decoded: ${why}`, {
    details: { path },
  });
}

/** The message of an error of this library, without its code. */
export function ownWords(error: unknown): string | undefined {
  return isBackboneError(error) ? error.message.replace(/^EB_\w+: /, '') : undefined;
}

function encodeFailure(type: string, field: string, error: unknown): BackboneError {
  const details = isBackboneError(error) ? error.details : {};
  const inner = typeof details['path'] === 'string' ? details['path'] : '';
  const path = inner === '' || inner.startsWith('[') ? field + inner : `${field}.${inner}`;
  const why = ownWords(error) ?? 'it cannot be encoded';
  return new BackboneError('EB_ARGUMENT', `argument "${field}" of ${type}: ${why}`, {
    details: { path, constraint: details['constraint'] ?? 'encodable' },
  });
}
