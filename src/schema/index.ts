/** `nest-event-backbone/schema`: documents and checks made of contracts. */
export { asyncApiOf, type AsyncApiConsumer, type AsyncApiOptions } from './async-api-of.js';
export type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiMessage,
  AsyncApiOperation,
  AsyncApiReference,
} from './async-api-document.js';
export { asyncApiYaml } from './async-api-yaml.js';
export { compareSchemas, type SchemaDocument } from './compare-schemas.js';
export { jsonSchemaOf } from './json-schema-of.js';
export type { JsonSchema } from './json-schema.js';
export type { SchemaChange, SchemaChangeKind, SchemaVerdict } from './schema-change.js';
export { schemaFingerprint } from './schema-fingerprint.js';
