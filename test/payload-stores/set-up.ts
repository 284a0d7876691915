import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { PayloadStore } from 'nest-event-backbone/core';
import { couchbasePayloadStore, type CouchbaseCollection } from 'nest-event-backbone/couchbase';
import { createDynamodbPayloadTable, dynamodbPayloadStore } from 'nest-event-backbone/dynamodb';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { postgresPayloadStore } from 'nest-event-backbone/postgres';

/** The examples of docs/payload-stores.md. */
export function inPostgres(databaseUrl: string) {
  const store = postgresPayloadStore({ url: databaseUrl, table: 'payloads' });
  const channel = kafkaChannel({ brokers: ['kafka-1:9092'], payloads: store });
  return channel;
}

export async function inDynamodb(client: DynamoDBClient): Promise<PayloadStore> {
  // Once, by whoever may make tables.
  await createDynamodbPayloadTable({ client, table: 'payloads' });
  const store = dynamodbPayloadStore({ client, table: 'payloads' });
  return store;
}

export function inCouchbase(
  cluster: { bucket(name: string): { defaultCollection(): CouchbaseCollection } },
  DurabilityLevel: { readonly Majority: number },
): PayloadStore {
  const collection = cluster.bucket('events').defaultCollection();
  const store = couchbasePayloadStore({ collection, durabilityLevel: DurabilityLevel.Majority });
  return store;
}
