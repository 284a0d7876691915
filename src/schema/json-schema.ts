/**
 * A JSON Schema as this library writes it: the keywords of the 2020-12 draft that draft-07 knows as well, so that it may
 * stand in an AsyncAPI document, too. Keywords that begin with `x-` are the library's own.
 */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly pattern?: string;
  readonly contentEncoding?: string;
  readonly deprecated?: boolean;
  /** The field holds personal data, and may have been erased. */
  readonly 'x-personal'?: boolean;
  /** The names of checks that are made of a value and that JSON Schema has no word for. */
  readonly 'x-checks'?: readonly string[];
}

/** The null that a JSON codec may write. */
export const NULL_SCHEMA: JsonSchema = Object.freeze({ type: 'null' });

/** Adds keywords to a schema; beside a reference they would be ignored, so that one is wrapped. */
export function withKeywords(schema: JsonSchema, keywords: JsonSchema): JsonSchema {
  if (Object.keys(keywords).length === 0) return schema;
  return schema.$ref === undefined ? { ...schema, ...keywords } : { allOf: [schema], ...keywords };
}
