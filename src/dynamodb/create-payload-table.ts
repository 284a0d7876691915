import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { BackboneError } from '../core/index.js';
import { failureReason } from './dynamodb-failure.js';
import { ATTRIBUTES } from './payload-item.js';

/** Which table to make, and how. */
export interface DynamodbPayloadTableOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** How long to wait until the table can be used. Default 60,000. */
  readonly timeoutMs?: number;
}

/**
 * Makes the table of a payload store unless it is there, paid for by request, waits until it can be used, and has DynamoDB
 * remove items whose time is over. Whoever runs it needs the rights for that; the store itself does not.
 *
 * @throws BackboneError `EB_CHANNEL`
 */
export async function createDynamodbPayloadTable(options: DynamodbPayloadTableOptions): Promise<void> {
  const { client, table, timeoutMs = 60_000 } = options;
  try {
    await createOnce(client, table);
    await waitUntilTableExists(
      { client, minDelay: 1, maxDelay: 2, maxWaitTime: timeoutMs / 1_000 },
      { TableName: table },
    );
    await expireItems(client, table);
  } catch (error) {
    const message = `making the table of the payload store failed: ${failureReason(error)}; check the rights of the client`;
    throw new BackboneError('EB_CHANNEL', message);
  }
}

async function createOnce(client: DynamoDBClient, table: string): Promise<void> {
  const { event, field } = ATTRIBUTES;
  const input: CreateTableCommandInput = {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: event, KeyType: 'HASH' },
      { AttributeName: field, KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [event, field].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
  };
  try {
    await client.send(new CreateTableCommand(input));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function expireItems(client: DynamoDBClient, table: string): Promise<void> {
  const { TimeToLiveDescription: now } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
  // To say again what is so already would be an error.
  if (now?.TimeToLiveStatus === 'ENABLED' || now?.TimeToLiveStatus === 'ENABLING') return;
  const TimeToLiveSpecification = { Enabled: true, AttributeName: ATTRIBUTES.expires };
  await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
}
