/** `nest-event-backbone/postgres`: events in PostgreSQL tables, without a broker. */
export { checkPostgresSchema } from './check-schema.js';
export { postgresPayloadSchema } from './payload-table.js';
export { postgresChannel, type PostgresChannel } from './postgres-channel.js';
export type { PostgresChannelOptions, PostgresSchemaOptions } from './postgres-options.js';
export { postgresPayloadStore, type PostgresPayloadStoreOptions } from './postgres-payload-store.js';
export { postgresSchema } from './postgres-schema.js';
export type { Queryable } from './queryable.js';
export type { PostgresReadModelOptions } from './read-model-options.js';
export { postgresReadModel, type PostgresReadModel } from './read-model.js';
export type { SqlResult, SqlTransaction } from './sql-transaction.js';
