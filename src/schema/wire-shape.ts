import type { JsonSchema } from './json-schema.js';
import { resolvedSchema, type Definitions } from './resolved-schema.js';

/**
 * Writes what a schema says about the wire as one text that is the same for the same shape: names, types, which fields are
 * required. Names of classes, the order of fields, and constraints are left out.
 */
export function wireShape(schema: JsonSchema, definitions: Definitions): string {
  const open: string[] = [];

  const shape = (given: JsonSchema): unknown => {
    const { schema: inner, ref } = resolvedSchema(given, definitions);
    if (ref === undefined) return words(inner);
    const depth = open.indexOf(ref);
    // How far up it began says as much as its name, and survives a renamed class.
    if (depth >= 0) return { up: open.length - depth };
    open.push(ref);
    const found = words(inner);
    open.pop();
    return found;
  };

  const words = ({
    type,
    format,
    enum: values,
    properties,
    patternProperties,
    required,
    items,
    anyOf,
  }: JsonSchema) => ({
    type,
    format: format === 'date-time' ? format : undefined,
    enum: values?.map((value) => JSON.stringify(value)).sort(),
    properties: properties && byName(properties, shape),
    patternProperties: patternProperties && byName(patternProperties, shape),
    required: required && [...required].sort(),
    items: items && shape(items),
    anyOf: anyOf?.map(shape),
  });

  return JSON.stringify(shape(schema));
}

function byName(schemas: Readonly<Record<string, JsonSchema>>, shape: (schema: JsonSchema) => unknown): unknown {
  return Object.entries(schemas)
    .map(([name, schema]) => [name, shape(schema)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
