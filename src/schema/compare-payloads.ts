import { compareConstraints } from './compare-constraints.js';
import type { JsonSchema } from './json-schema.js';
import { resolvedSchema, type Definitions } from './resolved-schema.js';
import type { SchemaChange, SchemaChangeKind, SchemaVerdict } from './schema-change.js';

/** A schema and what its references name. */
export type PayloadSchema = readonly [schema: JsonSchema, definitions: Definitions];

/** Lists what changed between two schemas of one event. */
export function comparePayloads(path: string, before: PayloadSchema, after: PayloadSchema): readonly SchemaChange[] {
  return new PayloadComparison(path, before[1], after[1]).of(before[0], after[0]);
}

class PayloadComparison {
  readonly #changes: SchemaChange[] = [];
  /** Pairs of references being compared: a class may refer to itself. */
  readonly #open = new Set<string>();

  constructor(
    private readonly event: string,
    private readonly before: Definitions,
    private readonly after: Definitions,
  ) {}

  of(before: JsonSchema, after: JsonSchema): readonly SchemaChange[] {
    this.#compare(before, after, '');
    return this.#changes;
  }

  #compare(before: JsonSchema, after: JsonSchema, path: string): void {
    const [old, current] = [nullable(before), nullable(after)];
    if (old.isNullable && !current.isNullable) this.#add('breaking', 'type-narrowed', path, 'it may no longer be null');
    if (!old.isNullable && current.isNullable) this.#add('readers-first', 'type-widened', path, 'it may be null now');
    const [from, to] = [resolvedSchema(old.schema, this.before), resolvedSchema(current.schema, this.after)];
    const pair = from.ref !== undefined && to.ref !== undefined ? `${from.ref} ${to.ref}` : undefined;
    if (pair !== undefined && this.#open.has(pair)) return;
    if (pair !== undefined) this.#open.add(pair);
    this.#compareResolved(from.schema, to.schema, path);
    if (pair !== undefined) this.#open.delete(pair);
  }

  #compareResolved(before: JsonSchema, after: JsonSchema, path: string): void {
    if ((before['x-personal'] ?? false) !== (after['x-personal'] ?? false)) {
      const is =
        after['x-personal'] === true ? 'personal data now; what is stored already is not' : 'no personal data any more';
      this.#add('compatible', 'personal-changed', path, `it is ${is}`);
    }
    if (!this.#compareTypes(before.type, after.type, path)) return;
    for (const { narrower, message } of compareConstraints(before, after)) {
      if (narrower) this.#add('breaking', 'constraint-narrowed', path, message);
      else this.#add('readers-first', 'constraint-widened', path, message);
    }
    this.#compareFields(before, after, path);
    if (before.items || after.items) this.#compare(before.items ?? {}, after.items ?? {}, `${path}[]`);
  }

  /** Tells whether there is more to compare. */
  #compareTypes(before: string | undefined, after: string | undefined, path: string): boolean {
    if (before === after) return true;
    const message = `it was ${before ?? 'of any type'}, it is ${after ?? 'of any type'}`;
    if (before === undefined || (before === 'number' && after === 'integer')) {
      this.#add('breaking', 'type-narrowed', path, message);
    } else if (after === undefined || (before === 'integer' && after === 'number')) {
      this.#add('readers-first', 'type-widened', path, message);
    } else this.#add('breaking', 'type-changed', path, message);
    return before !== undefined && after !== undefined && NUMBERS.has(before) && NUMBERS.has(after);
  }

  #compareFields(before: JsonSchema, after: JsonSchema, path: string): void {
    const [old, current] = [fieldsOf(before), fieldsOf(after)];
    for (const [name, was] of old) {
      const inner = path === '' ? name : `${path}.${name}`;
      const is = current.get(name);
      if (!is) {
        const [verdict, kind] = was.required
          ? (['breaking', 'a required'] as const)
          : (['compatible', 'an optional'] as const);
        this.#add(verdict, 'field-removed', inner, `${kind} field is gone`);
        continue;
      }
      if (!was.required && is.required) this.#add('breaking', 'field-required', inner, 'it is required now');
      if (was.required && !is.required) this.#add('readers-first', 'field-optional', inner, 'it is optional now');
      this.#compare(was.schema, is.schema, inner);
    }
    for (const [name, { required }] of current) {
      if (old.has(name)) continue;
      const inner = path === '' ? name : `${path}.${name}`;
      if (required) this.#add('breaking', 'field-added', inner, 'a required field is new, and stored events lack it');
      else this.#add('compatible', 'field-added', inner, 'an optional field is new');
    }
  }

  #add(verdict: SchemaVerdict, kind: SchemaChangeKind, path: string, message: string): void {
    this.#changes.push({ verdict, kind, path: path === '' ? this.event : `${this.event}/${path}`, message });
  }
}

const NUMBERS = new Set(['number', 'integer']);

/** What a field holds, and whether it must be there. */
interface Field {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Fields by name; those of an argument with segments by the pattern of their names. */
function fieldsOf({ properties = {}, patternProperties = {}, required = [] }: JsonSchema): ReadonlyMap<string, Field> {
  const names = new Set(required);
  return new Map([
    ...Object.entries(properties).map(([name, schema]) => [name, { schema, required: names.has(name) }] as const),
    ...Object.entries(patternProperties).map(([name, schema]) => [name, { schema, required: true }] as const),
  ]);
}

function nullable(schema: JsonSchema): { readonly schema: JsonSchema; readonly isNullable: boolean } {
  const { anyOf, ...beside } = schema;
  const others = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [only] = others;
  if (!anyOf || !only || others.length !== 1) return { schema, isNullable: false };
  return { schema: { ...only, ...beside }, isNullable: others.length < anyOf.length };
}
