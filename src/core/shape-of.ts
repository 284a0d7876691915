import { classShape } from './class-shape.js';
import { contractError } from './contract-error.js';
import { ANY_SHAPE, misfit, type DeclaredType, type Shape } from './shape.js';

/**
 * Returns the shape of a declared type.
 *
 * @throws BackboneError `EB_CONTRACT` for types that no codec could bring back.
 */
export function shapeOf(type: DeclaredType, where: string): Shape {
  if (Array.isArray(type)) return arrayShape(shapeOf(type[0], where));
  if (typeof type === 'object' && type !== null) return enumShape(type as Readonly<Record<string, unknown>>);
  if (typeof type !== 'function' || type === Object) return ANY_SHAPE;
  const builtIn = BUILT_IN.get(type);
  if (builtIn) return builtIn;
  if (UNSUPPORTED.has(type.name) && type === (globalThis as Record<string, unknown>)[type.name]) {
    const hint = type === Function ? ' (the compiler also records it for a class imported with `import type`)' : '';
    const remedy = 'use a class, an array or plain data';
    throw contractError(where, `has the type ${type.name}${hint}, which cannot be stored; ${remedy}`);
  }
  return classShape(type as new () => object, shapeOf);
}

function primitive(name: string): Shape {
  return {
    name,
    plain: false,
    accepts: (value) => typeof value === name,
    revive: (value, path) => {
      if (typeof value === name || value === null) return value;
      throw misfit(path, name);
    },
  };
}

const DATE: Shape = {
  name: 'Date',
  plain: false,
  accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  revive(value, path) {
    if (value === null || value instanceof Date) return value;
    // Only what `toJSON` and other writers of ISO 8601 give: the Date constructor reads nearly any text as some date.
    const readable = typeof value === 'number' || (typeof value === 'string' && ISO_TIME.test(value));
    const date = readable ? new Date(value) : undefined;
    if (date === undefined || Number.isNaN(date.getTime())) throw misfit(path, 'a date');
    return date;
  },
};

const ISO_TIME = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

const BYTES: Shape = {
  name: 'bytes',
  plain: false,
  accepts: (value) => value instanceof Uint8Array,
  revive: (value, path) => {
    if (value === null || value instanceof Uint8Array) return value;
    throw misfit(path, 'bytes');
  },
};

const BUILT_IN = new Map<unknown, Shape>([
  [String, primitive('string')],
  [Number, primitive('number')],
  [Boolean, primitive('boolean')],
  [BigInt, primitive('bigint')],
  [Date, DATE],
  [Buffer, BYTES],
  [Uint8Array, BYTES],
  [Array, arrayShape(ANY_SHAPE)],
]);

const UNSUPPORTED = new Set(
  'Map Set WeakMap WeakSet WeakRef Promise Function Symbol RegExp Error URL ArrayBuffer SharedArrayBuffer DataView'
    .concat(' Int8Array Int16Array Int32Array Uint8ClampedArray Uint16Array Uint32Array Float32Array Float64Array')
    .concat(' BigInt64Array BigUint64Array')
    .split(' '),
);

function arrayShape(element: Shape): Shape {
  return {
    name: element === ANY_SHAPE ? 'array' : `array of ${element.name}`,
    element,
    plain: false,
    accepts: (value) => Array.isArray(value) && value.every((item) => item === null || element.accepts(item)),
    revive(value, path) {
      if (value === null) return value;
      if (!Array.isArray(value)) throw misfit(path, 'an array');
      if (element.plain) return value as unknown;
      return value.map((item: unknown, i) => element.revive(item, `${path}[${i}]`));
    },
  };
}

/** A numeric enum maps its numbers back to its names; only the numbers are values. */
function enumShape(members: Readonly<Record<string, unknown>>): Shape {
  const isMapBack = (key: string) => {
    const number = members[String(members[key])];
    return typeof number === 'number' && String(number) === key;
  };
  const values = new Set(
    Object.keys(members)
      .filter((key) => !isMapBack(key))
      .map((key) => members[key]),
  );
  return {
    name: 'enum',
    plain: false,
    accepts: (value) => values.has(value),
    revive: (value, path) => {
      if (value === null || values.has(value)) return value;
      throw misfit(path, 'a member of its enum');
    },
  };
}
