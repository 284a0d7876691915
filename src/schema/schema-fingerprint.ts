import { createHash } from 'node:crypto';
import { describeContract, type ContractClass, type EventDefinition } from '../core/index.js';
import { loadClassChecks } from './class-checks.js';
import type { JsonSchema } from './json-schema.js';
import type { Definitions } from './resolved-schema.js';
import { SchemaBuilder } from './schema-builder.js';
import { wireShape } from './wire-shape.js';

/**
 * Returns a hash of what an event looks like on the wire: its name and version, its fields, their types and which are
 * required; of a contract, of all its events. 32 hexadecimal digits. It stays the same when classes are renamed, fields
 * are reordered or a constraint changes.
 *
 * @throws BackboneError `EB_CONTRACT`
 */
export async function schemaFingerprint(of: ContractClass | EventDefinition): Promise<string> {
  const builder = new SchemaBuilder(await loadClassChecks(), '#/$defs/');
  const fingerprint = (event: EventDefinition) => fingerprintOf(event.type, builder.event(event), builder.definitions);
  if (typeof of !== 'function') return fingerprint(of);
  const events = [...describeContract(of).byType.values()];
  return hash(events.map(fingerprint).sort().join('\n'));
}

/** The fingerprint of an event that is described already. */
export function fingerprintOf(type: string, schema: JsonSchema, definitions: Definitions): string {
  return hash(`${type}\n${wireShape(schema, definitions)}`);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
