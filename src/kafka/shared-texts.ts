const PLACES = 64;
const LONGEST = 128;

interface Known {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The texts of what many records have in common, read once: types, sources, moments. */
export class SharedTexts {
  /** A newer one takes the place of an older one: whatever is read, this does not grow. */
  readonly #known: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  #timeBytes: Uint8Array = new Uint8Array();
  #time = NaN;

  /** The text of some bytes. */
  text(bytes: Buffer): string {
    if (bytes.length > LONGEST) return bytes.toString();
    const place = (bytes.length * 31 + (bytes.at(-1) ?? 0)) % PLACES;
    const known = this.#known[place];
    if (known && areSame(known.bytes, bytes)) return known.text;
    const text = bytes.toString();
    // A copy: the bytes are a part of all that came with them.
    this.#known[place] = { bytes: Uint8Array.from(bytes), text };
    return text;
  }

  /** The moment that some bytes name in ISO 8601, as milliseconds since 1970; NaN where they name none. */
  time(bytes: Buffer): number {
    if (areSame(this.#timeBytes, bytes)) return this.#time;
    if (bytes.length > LONGEST) return NaN;
    this.#time = Date.parse(bytes.toString());
    this.#timeBytes = Uint8Array.from(bytes);
    return this.#time;
  }
}

/** For a few bytes faster than to leave JavaScript for it. */
function areSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return false;
  return true;
}
