import type { EventDefinition } from '../core/index.js';
import { loadClassChecks } from './class-checks.js';
import type { JsonSchema } from './json-schema.js';
import { SchemaBuilder } from './schema-builder.js';

/**
 * Describes the arguments of an event as a JSON Schema (2020-12): one object with a property for each stored field, as the
 * default codec writes it. Constraints come from class-validator, where the application has it.
 *
 * @throws BackboneError `EB_CONTRACT` for a property whose type no codec brings back.
 */
export async function jsonSchemaOf(event: EventDefinition): Promise<JsonSchema> {
  const builder = new SchemaBuilder(await loadClassChecks(), '#/$defs/');
  const schema = builder.event(event);
  const { definitions } = builder;
  const described = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema };
  return Object.keys(definitions).length > 0 ? { ...described, $defs: definitions } : described;
}
