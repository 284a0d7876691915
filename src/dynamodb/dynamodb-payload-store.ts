import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import {
  BackboneError,
  checkedName,
  checkPayloadKey,
  checkPutOptions,
  type PayloadKey,
  type PayloadStore,
  type PutOptions,
} from '../core/index.js';
import { DynamodbCalls } from './dynamodb-calls.js';
import { changeError, DynamodbCallError, readError } from './dynamodb-failure.js';
import { ATTRIBUTES, fieldOf, itemKey, itemOf, valueOf, type PayloadItem } from './payload-item.js';

/** How to reach the table of a payload store. */
export interface DynamodbPayloadStoreOptions {
  /** A client of the application; it stays yours and open. */
  readonly client: DynamoDBClient;
  /** The table of the values, as `createDynamodbPayloadTable` makes it. Stores that must not share values need other tables. */
  readonly table: string;
  /** How long one request may take, all that the client tries by itself included. Default 5,000. */
  readonly commandTimeoutMs?: number;
}

/**
 * Makes a payload store in a table of DynamoDB: an item for each value, of 400 KB at most. Time is that of this process's
 * clock. Besides what every store refuses, its methods reject with `EB_TOO_LARGE`, `EB_NOT_STORED` (nothing was changed),
 * `EB_OUTCOME_UNKNOWN` (some may be; repeat), `EB_BACKPRESSURE` (the table is too busy) and `EB_CHANNEL` (the server
 * refuses, or cannot be read).
 *
 * @throws BackboneError `EB_OPTIONS` for options that cannot work.
 */
export function dynamodbPayloadStore(options: DynamodbPayloadStoreOptions): PayloadStore {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) throw refused(`dynamodbPayloadStore has no option "${unknown.join('", "')}"`);
  const { client, table, commandTimeoutMs = 5_000 } = options;
  if (typeof (client as Partial<DynamoDBClient> | undefined)?.send !== 'function') {
    throw refused('client must be a DynamoDBClient of @aws-sdk/client-dynamodb');
  }
  if (!isTable(table)) throw refused('table must be the name or the ARN of a table');
  if (!(commandTimeoutMs > 0 && commandTimeoutMs <= LONGEST_TIMER_MS)) {
    throw refused(`commandTimeoutMs must be a positive number, at most ${LONGEST_TIMER_MS}, got ${commandTimeoutMs}`);
  }
  return new DynamodbPayloadStore(new DynamodbCalls(client, commandTimeoutMs), table);
}

const OPTIONS: readonly string[] = ['client', 'table', 'commandTimeoutMs'];
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** The most that DynamoDB takes in one request. */
const WRITES_AT_A_TIME = 25;
const READS_AT_A_TIME = 100;

type Entry = PayloadKey & { readonly value: Uint8Array };

class DynamodbPayloadStore implements PayloadStore {
  readonly #calls: DynamodbCalls;
  readonly #table: string;
  #closed = false;

  constructor(calls: DynamodbCalls, table: string) {
    this.#calls = calls;
    this.#table = table;
  }

  async put(entries: readonly Entry[], options: PutOptions = {}): Promise<void> {
    checkPutOptions(options);
    const { ifAbsent = false, ttlMs } = options;
    // One request cannot put a key twice, and requests overtake each other.
    const unique = distinct(ifAbsent ? entries : [...entries].reverse());
    const until = ttlMs === undefined ? undefined : Date.now() + ttlMs;
    const items = unique.map((entry) => itemOf(entry, entry.value, until));
    await this.#change(() =>
      ifAbsent
        ? this.#calls.inParts(items, (item) => this.#putIfAbsent(item))
        : this.#calls.inParts(inChunks(items, WRITES_AT_A_TIME), (some) => this.#putAll(some)),
    );
  }

  async get(keys: readonly PayloadKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    const chunks = inChunks(distinct(keys), READS_AT_A_TIME);
    const read = await this.#read(() => this.#calls.inParts(chunks, (some) => this.#getAll(some.map(itemKey))));
    const found = new Map(
      read.flat().flatMap((item) => {
        const field = fieldOf(item);
        return field === undefined ? [] : [[nameOf(item[ATTRIBUTES.event]?.S, field), valueOf(item)] as const];
      }),
    );
    return keys.map(({ eventId, field }) => found.get(nameOf(eventId, field)));
  }

  async erase(keys: readonly PayloadKey[]): Promise<number> {
    const unique = distinct(keys);
    const erased = await this.#change(() =>
      this.#calls.inParts(unique, async (key) => {
        const command = { TableName: this.#table, Key: itemKey(key), ReturnValues: 'ALL_OLD' } as const;
        const { Attributes: old } = await this.#calls.send(new DeleteItemCommand(command));
        return old && fieldOf(old);
      }),
    );
    return erased.filter((field) => field !== undefined).length;
  }

  async list(eventId: string): Promise<readonly PayloadKey[]> {
    checkedName('event id', eventId);
    const items = await this.#read(() => this.#listAll(eventId));
    return items.flatMap((item) => {
      const field = fieldOf(item);
      return field === undefined ? [] : [{ eventId, field }];
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  async #putAll(items: readonly PayloadItem[]): Promise<void> {
    const requests = items.map((Item): WriteRequest => ({ PutRequest: { Item } }));
    await this.#calls.untilDone(requests, async (some) => {
      const command = new BatchWriteItemCommand({ RequestItems: { [this.#table]: [...some] } });
      return Object.values((await this.#calls.send(command)).UnprocessedItems ?? {}).flat();
    });
  }

  async #putIfAbsent(item: PayloadItem): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: item,
      ConditionExpression: 'attribute_not_exists(#event) OR #until <= :now',
      ExpressionAttributeNames: { '#event': ATTRIBUTES.event, '#until': ATTRIBUTES.until },
      ExpressionAttributeValues: { ':now': { N: String(Date.now()) } },
    });
    try {
      await this.#calls.send(command);
    } catch (error) {
      if (!(error instanceof DynamodbCallError && error.kind === 'unmet')) throw error;
    }
  }

  async #getAll(keys: readonly PayloadItem[]): Promise<readonly PayloadItem[]> {
    const found: PayloadItem[] = [];
    await this.#calls.untilDone(keys, async (some) => {
      const asked = { Keys: [...some], ConsistentRead: true };
      const command = new BatchGetItemCommand({ RequestItems: { [this.#table]: asked } });
      const { Responses = {}, UnprocessedKeys = {} } = await this.#calls.send(command);
      found.push(...Object.values(Responses).flat());
      return Object.values(UnprocessedKeys).flatMap(({ Keys = [] }) => Keys);
    });
    return found;
  }

  async #listAll(eventId: string): Promise<readonly PayloadItem[]> {
    const found: PayloadItem[] = [];
    let after: PayloadItem | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: '#event = :event',
        ProjectionExpression: '#field, #until',
        ExpressionAttributeNames: {
          '#event': ATTRIBUTES.event,
          '#field': ATTRIBUTES.field,
          '#until': ATTRIBUTES.until,
        },
        ExpressionAttributeValues: { ':event': { S: eventId } },
        ExclusiveStartKey: after,
      });
      const { Items = [], LastEvaluatedKey } = await this.#calls.send(command);
      found.push(...Items);
      after = LastEvaluatedKey;
    } while (after);
    return found;
  }

  async #change<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await work();
    } catch (error) {
      throw changeError(error);
    }
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await work();
    } catch (error) {
      throw readError(error);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new BackboneError('EB_CLOSED', 'the payload store is closed');
  }
}

/** The first of each key. */
function distinct<T extends PayloadKey>(entries: readonly T[]): readonly T[] {
  entries.forEach(checkPayloadKey);
  const byName = new Map<string, T>();
  for (const entry of entries) {
    const name = nameOf(entry.eventId, entry.field);
    if (!byName.has(name)) byName.set(name, entry);
  }
  return [...byName.values()];
}

function nameOf(eventId = '', field = ''): string {
  return `${eventId}:${field}`;
}

function inChunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

function isTable(table: unknown): boolean {
  return typeof table === 'string' && /^(arn:\S+|[A-Za-z0-9_.-]{3,255})$/.test(table);
}

function refused(message: string): BackboneError {
  return new BackboneError('EB_OPTIONS', message);
}
