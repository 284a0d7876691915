const MOST_TEXTS = 1_000;

/** The bytes of what many events of a producer have in common, made once. */
export class SharedBytes {
  readonly #texts = new Map<string, Buffer>();
  #time = NaN;
  #timeBytes = Buffer.alloc(0);

  /** The bytes of a name. */
  text(text: string): Buffer {
    const known = this.#texts.get(text);
    if (known) return known;
    const bytes = Buffer.from(text);
    if (this.#texts.size < MOST_TEXTS) this.#texts.set(text, bytes);
    return bytes;
  }

  /** The bytes of a moment in ISO 8601. */
  time(time: number): Buffer {
    if (time !== this.#time) {
      this.#timeBytes = Buffer.from(new Date(time).toISOString());
      this.#time = time;
    }
    return this.#timeBytes;
  }
}
