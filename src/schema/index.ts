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
export { checkSchema, type SchemaCheck } from './check-schema.js';
export { compareSchemas, type SchemaDocument } from './compare-schemas.js';
export { jsonSchemaOf } from './json-schema-of.js';
export type { JsonSchema } from './json-schema.js';
export type { SchemaChange, SchemaChangeKind, SchemaVerdict } from './schema-change.js';
export type { EventSchema } from './schema-event.js';
export { schemaFingerprint } from './schema-fingerprint.js';
export {
  publishSchemas,
  readSchemas,
  type PublishedSchema,
  type PublishSchemasOptions,
  type StreamSchemas,
} from './stream-schemas.js';
