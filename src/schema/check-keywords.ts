import type { PropertyCheck } from './class-checks.js';
import type { JsonSchema } from './json-schema.js';

/** Returns what a check says in JSON Schema's words; `undefined` when it has none for it. */
export function checkKeywords({ name = '', constraints = [], validateIf }: PropertyCheck): JsonSchema | undefined {
  // What is checked at times only cannot be said of every value.
  return validateIf === undefined ? KEYWORDS.get(name)?.(constraints) : undefined;
}

type Words = (constraints: readonly unknown[]) => JsonSchema | undefined;

/** A keyword whose value is the decorator's first argument, a number. */
const number =
  (keyword: keyof JsonSchema): Words =>
  ([value]) =>
    typeof value === 'number' ? { [keyword]: value } : undefined;

const always =
  (words: JsonSchema): Words =>
  () =>
    words;

const KEYWORDS = new Map<string, Words>([
  ['min', number('minimum')],
  ['max', number('maximum')],
  ['isPositive', always({ exclusiveMinimum: 0 })],
  ['isNegative', always({ exclusiveMaximum: 0 })],
  ['isDivisibleBy', number('multipleOf')],
  ['isInt', always({ type: 'integer' })],
  ['isNumber', always({ type: 'number' })],
  ['isString', always({ type: 'string' })],
  ['isBoolean', always({ type: 'boolean' })],
  ['isArray', always({ type: 'array' })],
  ['isObject', always({ type: 'object' })],
  ['isDate', always({ type: 'string', format: 'date-time' })],
  ['isEnum', ([, values]) => (Array.isArray(values) ? oneOf(values) : undefined)],
  ['isIn', ([values]) => (Array.isArray(values) ? oneOf(values) : undefined)],
  ['equals', ([value]) => (isScalar(value) ? { const: value } : undefined)],
  ['isLength', ([least, most]) => ({ type: 'string', ...bounds('minLength', least), ...bounds('maxLength', most) })],
  ['minLength', ([least]) => ({ type: 'string', ...bounds('minLength', least) })],
  ['maxLength', ([most]) => ({ type: 'string', ...bounds('maxLength', most) })],
  ['isNotEmpty', always({ minLength: 1 })],
  ['matches', matches],
  ['contains', ([part]) => (typeof part === 'string' ? { type: 'string', pattern: escaped(part) } : undefined)],
  ['isEmail', always({ type: 'string', format: 'email' })],
  ['isUuid', always({ type: 'string', format: 'uuid' })],
  ['isUrl', always({ type: 'string', format: 'uri' })],
  ['isFqdn', always({ type: 'string', format: 'hostname' })],
  ['isIp', ([version]) => ipFormat(version)],
  ['isRFC3339', always({ type: 'string', format: 'date-time' })],
  ['isBase64', always({ type: 'string', contentEncoding: 'base64' })],
  ['arrayMinSize', number('minItems')],
  ['arrayMaxSize', number('maxItems')],
  ['arrayNotEmpty', always({ minItems: 1 })],
  ['arrayUnique', ([identifier]) => (identifier === undefined ? { uniqueItems: true } : undefined)],
]);

function bounds(keyword: 'minLength' | 'maxLength', value: unknown): JsonSchema {
  return typeof value === 'number' ? { [keyword]: value } : {};
}

function oneOf(values: readonly unknown[]): JsonSchema | undefined {
  return values.every(isScalar) ? { enum: values } : undefined;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** JSON Schema has no flags: an expression that needs one is not the same without it. */
function matches([pattern, modifiers]: readonly unknown[]): JsonSchema | undefined {
  const { source, flags } =
    pattern instanceof RegExp
      ? pattern
      : { source: String(pattern), flags: typeof modifiers === 'string' ? modifiers : '' };
  return (flags === '' || flags === 'u') && isPattern(source) ? { type: 'string', pattern: source } : undefined;
}

/** Patterns are read with the flag `u`, which refuses some that work without it. */
function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u').source === source;
  } catch {
    return false;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function ipFormat(version: unknown): JsonSchema | undefined {
  if (String(version) === '4') return { type: 'string', format: 'ipv4' };
  return String(version) === '6' ? { type: 'string', format: 'ipv6' } : undefined;
}
