import type { JsonSchema } from './json-schema.js';

/** The schemas that references name: by the last part of the reference. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

/** A schema, and by which reference it was found. */
export interface ResolvedSchema {
  readonly schema: JsonSchema;
  readonly ref?: string;
}

/** Follows a reference, also one that is wrapped to have keywords beside it; `{}` where it leads nowhere. */
export function resolvedSchema(schema: JsonSchema, definitions: Definitions): ResolvedSchema {
  const { $ref, allOf = [], ...beside } = schema;
  const wrapped = allOf.find((part) => part.$ref !== undefined)?.$ref;
  const ref = $ref ?? wrapped;
  if (ref === undefined) return { schema };
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  const target = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  const more = allOf.filter((part) => part.$ref === undefined);
  return { schema: { ...target, ...beside, ...(more.length > 0 ? { allOf: more } : {}) }, ref };
}
