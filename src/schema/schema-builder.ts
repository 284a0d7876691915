import { personalFieldsOf, shapeOf, type ArgumentDefinition, type EventDefinition } from '../core/index.js';
import type { ClassChecks, PropertyCheck } from './class-checks.js';
import { argumentTypes, propertyType, requiredArguments } from './declared-types.js';
import { withKeywords, type JsonSchema } from './json-schema.js';
import { propertySchema } from './property-schema.js';

/** Makes the schemas of events; classes are described once, under names, and referred to. */
export class SchemaBuilder {
  readonly #checks: ClassChecks;
  readonly #prefix: string;
  readonly #names = new Map<object, string>();
  readonly #definitions = new Map<string, JsonSchema>();

  /** `prefix` is where the definitions will stand: `#/$defs/`. `reserved` are names that no class may take. */
  constructor(checks: ClassChecks, prefix: string, reserved: Readonly<Record<string, JsonSchema>> = {}) {
    this.#checks = checks;
    this.#prefix = prefix;
    for (const [name, schema] of Object.entries(reserved)) this.#definitions.set(name, schema);
  }

  /** The classes that were described so far, by name. */
  get definitions(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(this.#definitions);
  }

  /** Describes an event's fields as one object. */
  event(event: EventDefinition): JsonSchema {
    const types = argumentTypes(event);
    const least = requiredArguments(event);
    const properties: Record<string, JsonSchema> = {};
    const patterns: Record<string, JsonSchema> = {};
    const required: string[] = [];
    event.arguments.forEach((argument, index) => {
      const { field, segments } = argument;
      if (segments) Object.assign(patterns, { [`^${escaped(field)}\\.`]: { description: `A part of "${field}".` } });
      else if (index < least) required.push(field);
      Object.assign(properties, this.#fields(argument, types[index], `argument "${field}" of ${event.type}`));
    });
    return {
      title: event.type,
      type: 'object',
      properties,
      ...(Object.keys(patterns).length > 0 ? { patternProperties: patterns } : {}),
      required,
      ...(event.deprecated !== undefined && { deprecated: true }),
    };
  }

  /** What the parts of an argument with segments are is known to its `split` alone; which are personal is declared. */
  #fields(argument: ArgumentDefinition, type: unknown, where: string): Readonly<Record<string, JsonSchema>> {
    const personal = personalFieldsOf(argument).map((field) => [field, { 'x-personal': true }] as const);
    if (argument.segments) return Object.fromEntries(personal);
    return { [argument.field]: withKeywords(this.#type(type, where), argument.personal ? { 'x-personal': true } : {}) };
  }

  #type(type: unknown, where: string): JsonSchema {
    if (Array.isArray(type)) return { type: 'array', items: this.#type(type[0], where) };
    const shape = shapeOf(type, where);
    if (shape.cls) return this.#class(shape.cls);
    if (shape.name !== 'enum') return WORDS[shape.name] ?? {};
    const values = [...new Set(Object.values(type as object) as unknown[])].filter((value) => shape.accepts(value));
    const kinds = new Set(values.map((value) => typeof value));
    return kinds.size === 1 ? { type: [...kinds].join(''), enum: values } : { enum: values };
  }

  #class(cls: new () => object): JsonSchema {
    let name = this.#names.get(cls);
    if (name === undefined) {
      name = this.#freeName(cls.name);
      this.#names.set(cls, name);
      // Taken before it is described: a class may refer to itself.
      this.#definitions.set(name, {});
      this.#definitions.set(name, this.#properties(cls));
    }
    return { $ref: `${this.#prefix}${name}` };
  }

  #properties(cls: new () => object): JsonSchema {
    const prototype = cls.prototype as object;
    const schema: JsonSchema = { title: cls.name, type: 'object' };
    // What it writes is its own business.
    if ('toJSON' in prototype) return schema;
    const byProperty = new Map<string, PropertyCheck[]>();
    for (const check of this.#checks.of(cls)) {
      // A getter or a method is no data.
      if (check.propertyName in prototype) continue;
      byProperty.set(check.propertyName, [...(byProperty.get(check.propertyName) ?? []), check]);
    }
    if (byProperty.size === 0) return schema;
    const properties = [...byProperty].map(([name, checks]) => {
      return [name, propertySchema(this.#type(propertyType(cls, name), `${cls.name}.${name}`), checks)] as const;
    });
    const required = [...byProperty].filter(([, checks]) => this.#isRequired(checks)).map(([name]) => name);
    return { ...schema, properties: Object.fromEntries(properties), required };
  }

  #isRequired(checks: readonly PropertyCheck[]): boolean {
    if (checks.some(({ type }) => type === 'conditionalValidation')) return false;
    return checks.some((check) => check.validateIf === undefined && this.#checks.refusesMissing(check));
  }

  /** Two classes of one name are two definitions. */
  #freeName(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9_.-]/g, '_') || 'Anonymous';
    let free = plain;
    for (let i = 2; this.#definitions.has(free); i += 1) free = `${plain}${i}`;
    return free;
  }
}

/** How the default codec writes the built-in types. */
const WORDS: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  array: { type: 'array' },
  Date: { type: 'string', format: 'date-time' },
  bigint: word('$bigint', { type: 'string', pattern: '^-?\\d+$' }),
  bytes: word('$bytes', { type: 'string', contentEncoding: 'base64' }),
};

function word(name: string, schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { [name]: schema }, required: [name], additionalProperties: false };
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}
