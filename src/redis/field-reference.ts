import { BackboneError, checkedName, isName, STORES_JOINED_BY, type FieldReference } from '../core/index.js';

/**
 * Writes a reference as the text that stands in an event's hash in its value's place: `12345 archive`.
 *
 * @throws BackboneError `EB_NAME` or `EB_ARGUMENT` for one that no reader would accept.
 */
export function writeReference({ store, size }: FieldReference): string {
  for (const name of store.split(STORES_JOINED_BY)) checkedName('payload store', name);
  if (isSize(size)) return `${size} ${store}`;
  throw new BackboneError('EB_ARGUMENT', 'the size in a reference must be a whole number of bytes; nothing was stored');
}

/** Reads a reference; nothing where the text is none. */
export function readReference(text: string): FieldReference | undefined {
  const [, digits, store = ''] = /^(0|[1-9]\d{0,15}) (\S+)$/.exec(text) ?? [];
  const size = Number(digits);
  return isSize(size) && store.split(STORES_JOINED_BY).every(isName) ? { store, size } : undefined;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}
