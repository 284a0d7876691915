import { checkKeywords } from './check-keywords.js';
import type { PropertyCheck } from './class-checks.js';
import { NULL_SCHEMA, withKeywords, type JsonSchema } from './json-schema.js';

/** Adds to the schema of a property's type what is checked of the property. */
export function propertySchema(type: JsonSchema, checks: readonly PropertyCheck[]): JsonSchema {
  const isOptional = checks.some(({ name }) => name === OPTIONAL);
  // Under `@ValidateIf` nothing is checked of every value.
  const isAtTimes = checks.some((check) => check.type === CONDITION && check.name !== OPTIONAL);
  const whole = narrowed(
    type,
    checks.filter(({ each }) => each !== true),
    isAtTimes,
  );
  const each = checks.filter((check) => check.each === true);
  const schema =
    each.length > 0
      ? withKeywords(whole, { type: 'array', items: narrowed(whole.items ?? {}, each, isAtTimes) })
      : whole;
  return isOptional && Object.keys(schema).length > 0 ? { anyOf: [schema, NULL_SCHEMA] } : schema;
}

const OPTIONAL = 'isOptional';
const CONDITION = 'conditionalValidation';
/** These say nothing of the value but what its type says. */
const WITHOUT_WORDS = new Set([CONDITION, 'isDefined', 'nestedValidation', 'whitelistValidation', 'promiseValidation']);

function narrowed(type: JsonSchema, checks: readonly PropertyCheck[], isAtTimes: boolean): JsonSchema {
  let schema = type;
  const unsaid: string[] = [];
  for (const check of checks) {
    if (WITHOUT_WORDS.has(check.type)) continue;
    const words = isAtTimes ? undefined : checkKeywords(check);
    if (words) schema = merged(schema, words);
    else unsaid.push(check.name ?? check.constraintCls?.name ?? 'custom');
  }
  return withKeywords(schema, unsaid.length > 0 ? { 'x-checks': [...new Set(unsaid)].sort() } : {});
}

function merged(schema: JsonSchema, words: JsonSchema): JsonSchema {
  const { type, ...rest } = words;
  let next = type === undefined ? schema : withType(schema, type);
  for (const [keyword, value] of Object.entries(rest) as [keyof JsonSchema, unknown][]) {
    if (keyword === 'minLength' && next.type !== undefined && next.type !== 'string') continue;
    next = withWord(next, keyword, value);
  }
  return next;
}

/** The declared type stays what it is; a check can only tell which numbers, or what nobody declared. */
function withType(schema: JsonSchema, type: string): JsonSchema {
  if (type === 'integer' && schema.type === 'number') return { ...schema, type };
  return Object.keys(schema).some((keyword) => TYPED.has(keyword)) ? schema : { ...schema, type };
}

const TYPED = new Set(['type', '$ref', 'allOf', 'enum']);

/** Of two bounds the narrower one; any other second word stands beside the first. */
function withWord(schema: JsonSchema, keyword: keyof JsonSchema, value: unknown): JsonSchema {
  const known = schema[keyword];
  if (known === undefined) return withKeywords(schema, { [keyword]: value });
  if (JSON.stringify(known) === JSON.stringify(value)) return schema;
  if (typeof known === 'number' && typeof value === 'number' && keyword !== 'multipleOf') {
    const isLower = keyword.startsWith('min') || keyword === 'exclusiveMinimum';
    return { ...schema, [keyword]: isLower ? Math.max(known, value) : Math.min(known, value) };
  }
  // The same whichever decorator came first.
  const [first, second] = JSON.stringify(known) < JSON.stringify(value) ? [known, value] : [value, known];
  return { ...schema, [keyword]: first, allOf: [...(schema.allOf ?? []), { [keyword]: second }] };
}
