import {
  derivedUuid,
  isBackboneError,
  jsonCodec,
  newFields,
  NO_HEADERS,
  type EventDefinition,
  type Message,
} from '../core/index.js';
import type { ClassChecks } from './class-checks.js';
import type { JsonSchema } from './json-schema.js';
import type { Definitions } from './resolved-schema.js';
import { SchemaBuilder } from './schema-builder.js';
import { fingerprintOf } from './schema-fingerprint.js';

/** The type of the library's own event that says what an event of its stream looks like; handlers are never given it. */
export const SCHEMA_TYPE = '$schema.v1';

/** The key under which such events are appended. */
export const SCHEMA_KEY = '$schema';

/** Where the definitions stand in a document. */
export const DEFINITIONS = '#/components/schemas/';

/** What an event looks like, as a producer of it has said. */
export interface EventSchema {
  /** Name and version, `orderPlaced.v1`. */
  readonly type: string;
  readonly fingerprint: string;
  readonly payload: JsonSchema;
  /** The classes that the payload refers to. */
  readonly definitions: Definitions;
  /** The older types that are read as this one. */
  readonly upcasts: readonly string[];
}

/** Describes an event; its definitions have names that no other event's have. */
export function eventSchema(event: EventDefinition, checks: ClassChecks): EventSchema {
  const { type, upcasts } = event;
  const builder = new SchemaBuilder(checks, `${DEFINITIONS}${type}.`);
  const payload = builder.event(event);
  const named = Object.entries(builder.definitions).map(([name, schema]) => [`${type}.${name}`, schema] as const);
  const definitions = Object.fromEntries(named);
  const fingerprint = fingerprintOf(type, payload, definitions);
  return { type, fingerprint, payload, definitions, upcasts: [...(upcasts?.keys() ?? [])] };
}

/** The id of the event with the first schema of a type, or with a later one of this fingerprint. */
export function schemaEventId(type: string, laterFingerprint = ''): string {
  return derivedUuid([SCHEMA_TYPE, type, laterFingerprint].join('\n'));
}

/** Makes the library's event of a schema. */
export function schemaMessage(schema: EventSchema, source: string, id: string): Message {
  const fields = newFields();
  fields['schema'] = jsonCodec.encode(schema);
  return {
    ...{ id, source, type: SCHEMA_TYPE, time: Date.now(), key: SCHEMA_KEY, correlationId: id },
    ...{ contentType: jsonCodec.contentType, headers: NO_HEADERS, fields, personal: [] },
  };
}

/** Reads such an event; `undefined` for one that cannot be read here, or that somebody else has made. */
export function schemaOf({ fields }: Message): EventSchema | undefined {
  const value = Object.hasOwn(fields, 'schema') ? fields['schema'] : undefined;
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return undefined;
  try {
    const schema = jsonCodec.decode(value);
    return isEventSchema(schema) ? schema : undefined;
  } catch (error) {
    if (isBackboneError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEventSchema(schema: unknown): schema is EventSchema {
  if (typeof schema !== 'object' || schema === null) return false;
  const { type, fingerprint, payload, definitions, upcasts } = schema as Partial<Record<keyof EventSchema, unknown>>;
  const objects = [payload, definitions].every((each) => typeof each === 'object' && each !== null);
  return typeof type === 'string' && typeof fingerprint === 'string' && objects && Array.isArray(upcasts);
}
