import { BackboneError } from './errors.js';
import type { Fields } from './message.js';

/** The sizes above which an event is refused before anything is sent. All in bytes. */
export interface Limits {
  /** One encoded argument. Default 256 KiB. */
  readonly maxArgumentBytes: number;
  /** All encoded arguments of one event. Default 1 MiB. */
  readonly maxEventBytes: number;
}

/** The limits that hold when the application names none. */
export const DEFAULT_LIMITS: Limits = Object.freeze({ maxArgumentBytes: 256 * 1024, maxEventBytes: 1024 * 1024 });

/**
 * Returns the size of an event's fields in bytes.
 *
 * @throws BackboneError `EB_TOO_LARGE` with the field, its size and the limit.
 */
export function checkedSize(type: string, fields: Fields, limits: Limits): number {
  let total = 0;
  for (const name in fields) {
    const size = sizeOf(fields[name]);
    if (size > limits.maxArgumentBytes) {
      throw tooLarge(`argument "${name}" of ${type}`, size, limits.maxArgumentBytes, 'maxArgumentBytes', name);
    }
    total += size;
  }
  if (total > limits.maxEventBytes) throw tooLarge(type, total, limits.maxEventBytes, 'maxEventBytes');
  return total;
}

function sizeOf(value: Fields[string] | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.byteLength : 0;
}

function tooLarge(what: string, size: number, limit: number, option: string, path?: string): BackboneError {
  return new BackboneError(
    'EB_TOO_LARGE',
    `${what} is ${size} bytes, the limit is ${limit}; keep large data elsewhere and send a reference, or raise limits.${option}`,
    { details: { path, size, limit } },
  );
}
