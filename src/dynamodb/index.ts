/** `nest-event-backbone/dynamodb`: arguments in a DynamoDB table, outside the channel. */
export { createDynamodbPayloadTable, type DynamodbPayloadTableOptions } from './create-payload-table.js';
export { dynamodbPayloadStore, type DynamodbPayloadStoreOptions } from './dynamodb-payload-store.js';
