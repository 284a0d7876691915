import { BackboneError } from './errors.js';
import { BIGINT, BYTES, MAX_DEPTH } from './json-words.js';
import { isForbiddenProperty } from './names.js';

const MAX_PATH_LENGTH = 200;

/**
 * Returns what `JSON.stringify` may write: the value itself when JSON keeps it as it is, else a converted copy.
 *
 * @throws BackboneError `EB_ARGUMENT` with the path and the constraint; never with the value.
 */
export function encodable(value: unknown): unknown {
  if (isPlain(value, 0)) return value;
  const copy = converted(value, '', 0);
  if (copy === undefined) throw refused('', 'encodable', 'it has no JSON form');
  return copy;
}

/** Finds nothing to convert and nothing to refuse in nearly every value, at a fraction of the cost of a copy. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || isPlainObject(value, depth);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false;
  if (Object.getPrototypeOf(value) === Date.prototype) return !Number.isNaN((value as Date).getTime());
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  if (Array.isArray(value)) return isPlainArray(value, depth);
  if (withoutJsonForm(value) !== undefined) return false;
  const source = value as Readonly<Record<string, unknown>>;
  for (const name in source) {
    if (!Object.hasOwn(source, name)) continue;
    if (isForbiddenProperty(name) || name === BIGINT || name === BYTES) return false;
    const inner = source[name];
    if (inner !== undefined && !isPlain(inner, depth + 1)) return false;
  }
  return true;
}

function isPlainArray(value: readonly unknown[], depth: number): boolean {
  // Not `every`, which passes over holes.
  for (let i = 0; i < value.length; i += 1) if (!isPlain(value[i], depth + 1)) return false;
  return true;
}

function converted(value: unknown, path: string, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw refused(path, 'finite', `${String(value)} has no JSON form`);
    case 'bigint':
      checkDepth(path, depth);
      return { [BIGINT]: value.toString() };
    case 'object':
      return value === null ? null : convertedObject(value, path, depth);
    default:
      throw refused(path, 'encodable', `a ${typeof value} cannot be stored`);
  }
}

function convertedObject(value: object, path: string, depth: number): unknown {
  checkDepth(path, depth);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw refused(path, 'date', 'the Date is invalid');
  if (value instanceof Uint8Array) {
    return { [BYTES]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  const unsupported = withoutJsonForm(value);
  if (unsupported !== undefined) {
    throw refused(path, 'encodable', `a ${unsupported} has no JSON form; convert it to plain data`);
  }
  // Called here rather than by JSON.stringify, so that what it gives is looked at, too.
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return converted(Reflect.apply(toJSON, value, []), path, depth + 1);
  if (Array.isArray(value)) return convertedArray(value, path, depth);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const innerPath = path === '' ? name : `${path}.${name}`;
    if (isForbiddenProperty(name)) throw refused(innerPath, 'property', 'this property name could reach a prototype');
    if (name === BIGINT || name === BYTES) {
      throw refused(innerPath, 'property', 'this property name belongs to the codec');
    }
    copy[name] = converted(inner, innerPath, depth + 1);
  }
  return copy;
}

function convertedArray(value: readonly unknown[], path: string, depth: number): readonly unknown[] {
  return Array.from(value, (item, index) => {
    const inner = converted(item, `${path}[${index}]`, depth + 1);
    if (inner !== undefined) return inner;
    throw refused(`${path}[${index}]`, 'defined', 'JSON would turn this undefined into null');
  });
}

function checkDepth(path: string, depth: number): void {
  if (depth >= MAX_DEPTH) throw refused(path, 'depth', `it is nested deeper than ${MAX_DEPTH}, or a cycle`);
}

/** The name of a built-in that JSON would write as `{}`, or as something else than it is. */
function withoutJsonForm(value: object): string | undefined {
  let prototype: unknown = Object.getPrototypeOf(value);
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    const name = WITHOUT_JSON_FORM.get(prototype);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

const WITHOUT_JSON_FORM: ReadonlyMap<object, string> = new Map<object, string>([
  ...[Map, Set, WeakMap, WeakSet, WeakRef, RegExp, Promise, ArrayBuffer, SharedArrayBuffer, DataView, Error].map(named),
  // Made by `Object(1n)` and the like: what they hold would escape the checks above.
  ...[Number, String, Boolean, BigInt, Symbol].map(named),
  [Object.getPrototypeOf(Uint8Array.prototype) as object, 'typed array'],
]);

function named(type: { readonly name: string; readonly prototype: object }): readonly [object, string] {
  return [type.prototype, type.name];
}

function refused(path: string, constraint: string, why: string): BackboneError {
  const shown = path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}...` : path;
  return new BackboneError('EB_ARGUMENT', `${shown === '' ? 'the value' : shown}: ${why}`, {
    details: { path: shown, constraint },
  });
}
