import { BackboneError } from './errors.js';

/** What a declared type demands of a value, and how a decoded value becomes one of that type again. */
export interface Shape {
  /** The type's name in messages. */
  readonly name: string;
  /** The class, when the type is one; validation and conversion of plain literals use it. */
  readonly cls?: new () => object;
  /** The element, when the type is an array. */
  readonly element?: Shape;
  /** True when any decoded value is right as it is, so that revival can be left out. */
  readonly plain: boolean;
  /** Tells whether a producer may pass this value. */
  accepts(value: unknown): boolean;
  /** Makes a value of the type from what the codec gave; throws `EB_UNDECODABLE` with the path. */
  revive(value: unknown, path: string): unknown;
}

/** A type as a user declares it: a class, a built-in, an enum object, `[Item]` for an array, or nothing known. */
export type DeclaredType = unknown;

/** Anything passes: unions, interfaces, generics, and what a compiler records as `Object`. */
export const ANY_SHAPE: Shape = Object.freeze({
  name: 'any',
  plain: true,
  accepts: () => true,
  revive: (value: unknown) => value,
});

/** The error for a decoded value that does not fit its declared type. */
export function misfit(path: string, expected: string): BackboneError {
  return new BackboneError('EB_UNDECODABLE', `${path} is not ${expected}`, { details: { path, constraint: expected } });
}
