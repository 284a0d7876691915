/** How an encrypted field begins; no JSON text does. */
export const SEALED_MARK: Buffer = Buffer.from([0x00, 0x65, 0x62, 0xe5]);

/** Tells whether a value was encrypted, whole or not. */
export function isSealed(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array) || value[0] !== SEALED_MARK[0]) return false;
  return SEALED_MARK.equals(value.subarray(0, SEALED_MARK.length));
}
