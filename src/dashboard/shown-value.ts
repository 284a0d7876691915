import type { JsonValue } from './dashboard-api.js';

/** How much of a value is shown. */
export interface ShownLimits {
  /** How many levels of objects and arrays. */
  readonly depth: number;
  /** How many characters of a text. */
  readonly text: number;
  /** How many members of one object or array. */
  readonly members: number;
  /** How many characters of everything together, about. */
  readonly all: number;
}

/** Of each event in a list. */
export const IN_A_LIST: ShownLimits = Object.freeze({ depth: 6, text: 500, members: 50, all: 16_384 });
/** Of one event that was asked for: whole values, but for what would freeze a browser. */
export const WHOLE: ShownLimits = Object.freeze({ depth: 100, text: 33_554_432, members: 100_000, all: 67_108_864 });

const START = 200;

/** Turns decoded values of one event into plain JSON, within limits. */
export class ShownValues {
  readonly #limits: ShownLimits;
  #left: number;

  constructor(limits: ShownLimits) {
    this.#limits = limits;
    this.#left = limits.all;
  }

  /** Shows a value; what is left out says so. */
  show(value: unknown, depth = 0): JsonValue {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#spend(8, Number.isFinite(value) ? value : String(value));
      case 'boolean':
        return this.#spend(5, value);
      case 'bigint':
        return this.#spend(20, { $bigint: String(value) });
      case 'object':
        return value === null ? this.#spend(4, null) : this.#object(value, depth);
      default:
        return null;
    }
  }

  #object(value: object, depth: number): JsonValue {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : this.#spend(24, value.toISOString());
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (depth >= this.#limits.depth) return this.#spend(12, { $deep: true });
    const { members } = this.#limits;
    if (Array.isArray(value)) {
      const shown: JsonValue[] = [];
      for (const one of value as readonly unknown[]) {
        if (shown.length >= members || this.#left <= 0) return [...shown, truncated(value.length, '')];
        shown.push(this.show(one, depth + 1));
      }
      return shown;
    }
    const entries = Object.entries(value);
    const shown: [string, JsonValue][] = [];
    for (const [name, one] of entries) {
      if (shown.length >= members || this.#left <= 0) {
        shown.push(['$truncated', { length: entries.length, start: '' }]);
        break;
      }
      this.#left -= name.length;
      shown.push([name.slice(0, START), this.show(one, depth + 1)]);
    }
    return Object.fromEntries(shown);
  }

  #text(text: string): JsonValue {
    if (text.length <= Math.min(this.#limits.text, Math.max(this.#left, START))) return this.#spend(text.length, text);
    return this.#spend(START, truncated(text.length, text.slice(0, START)));
  }

  #bytes(bytes: Uint8Array): JsonValue {
    const { buffer, byteOffset, byteLength } = bytes;
    const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    const shown = this.#text(base64);
    return typeof shown === 'string' ? { $bytes: shown } : shown;
  }

  #spend(characters: number, shown: JsonValue): JsonValue {
    this.#left -= characters;
    return shown;
  }
}

function truncated(length: number, start: string): JsonValue {
  return { $truncated: { length, start } };
}
