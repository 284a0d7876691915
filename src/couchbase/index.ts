/** `nest-event-backbone/couchbase`: arguments in a Couchbase collection, outside the channel. */
export type { CouchbaseCollection } from './couchbase-collection.js';
export { couchbasePayloadStore, type CouchbasePayloadStoreOptions } from './couchbase-payload-store.js';
