import type { JsonSchema } from './json-schema.js';

/** A constraint that changed: `narrower` when values that were allowed before may be refused now. */
export interface ConstraintChange {
  readonly narrower: boolean;
  readonly message: string;
}

/** Lists which constraints of a value changed. One that became another is told once, as narrower. */
export function compareConstraints(before: JsonSchema, after: JsonSchema): readonly ConstraintChange[] {
  return [
    ...AT_LEAST.flatMap((word) => compareWord(word, before[word], after[word], (old, current) => current > old)),
    ...AT_MOST.flatMap((word) => compareWord(word, before[word], after[word], (old, current) => current < old)),
    ...EXACT.flatMap((word) => compareWord(word, before[word], after[word], () => true)),
    ...compareValues(before.enum, after.enum),
    ...compareSets('check', before['x-checks'] ?? [], after['x-checks'] ?? []),
    ...compareSets('constraint', asTexts(before.allOf), asTexts(after.allOf)),
  ];
}

const AT_LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const;
const AT_MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const;
/** Nobody can tell which of two patterns allows more. */
const EXACT = [
  'format',
  'pattern',
  'const',
  'multipleOf',
  'uniqueItems',
  'contentEncoding',
  'additionalProperties',
] as const;

function compareWord<T>(
  word: string,
  before: T | undefined,
  after: T | undefined,
  isNarrower: (before: T, after: T) => boolean,
): readonly ConstraintChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const message = `${word} was ${shown(before)}, it is ${shown(after)}`;
  if (before === undefined) return [{ narrower: true, message }];
  return [{ narrower: after !== undefined && isNarrower(before, after), message }];
}

function compareValues(before: JsonSchema['enum'], after: JsonSchema['enum']): readonly ConstraintChange[] {
  if (!before || !after) return compareWord('enum', before, after, () => true);
  const [old, current] = [asTexts(before), asTexts(after)];
  const gone = old.filter((value) => !current.includes(value));
  const added = current.filter((value) => !old.includes(value));
  return [
    ...(gone.length > 0 ? [{ narrower: true, message: `no longer among its values: ${gone.join(', ')}` }] : []),
    ...(added.length > 0 ? [{ narrower: false, message: `new among its values: ${added.join(', ')}` }] : []),
  ];
}

/** Each member refuses something: one more is narrower. */
function compareSets(what: string, before: readonly string[], after: readonly string[]): readonly ConstraintChange[] {
  const added = after.filter((one) => !before.includes(one));
  const gone = before.filter((one) => !after.includes(one));
  return [
    ...added.map((one) => ({ narrower: true, message: `the ${what} ${one} is new` })),
    ...gone.map((one) => ({ narrower: false, message: `the ${what} ${one} is gone` })),
  ];
}

function asTexts(values: readonly unknown[] = []): readonly string[] {
  return values.map((value) => JSON.stringify(value));
}

function shown(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
