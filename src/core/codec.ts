/** Turns one argument into text or bytes and back. Pure and synchronous. */
export interface Codec {
  /** Travels with every event, so that a reader knows what it holds: `application/json`. */
  readonly contentType: string;
  /** Never called with `undefined`: an undefined argument has no field. */
  encode(value: unknown): string | Uint8Array;
  /**
   * The inverse of `encode`; must refuse what could reach a prototype. Is given text or its UTF-8 bytes, whichever the
   * channel has: not always that of the two which `encode` returned.
   */
  decode(data: string | Uint8Array): unknown;
}
