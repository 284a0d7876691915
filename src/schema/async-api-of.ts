import { describeContract, type ContractClass, type EventDefinition } from '../core/index.js';
import type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiMessage,
  AsyncApiOperation,
} from './async-api-document.js';
import { loadClassChecks } from './class-checks.js';
import { CLOUD_EVENT, CLOUD_EVENT_SCHEMA } from './cloud-event-schema.js';
import { SchemaBuilder } from './schema-builder.js';
import { fingerprintOf } from './schema-fingerprint.js';

/** What else is known for an AsyncAPI document. */
export interface AsyncApiOptions {
  /** Which group consumes which events. */
  readonly consumers?: readonly AsyncApiConsumer[];
}

/** A group and an event that it consumes. */
export interface AsyncApiConsumer {
  readonly group: string;
  readonly event: EventDefinition;
}

/**
 * Describes contracts as an AsyncAPI 3.0 document: streams as channels, events as messages with CloudEvents headers and
 * a schema of their fields, personal fields marked `x-personal`. Contracts that share a stream become one channel.
 *
 * @throws BackboneError `EB_CONTRACT`
 */
export async function asyncApiOf(
  contracts: readonly ContractClass[],
  info: AsyncApiInfo,
  { consumers = [] }: AsyncApiOptions = {},
): Promise<AsyncApiDocument> {
  const builder = new SchemaBuilder(await loadClassChecks(), SCHEMAS, { [CLOUD_EVENT]: CLOUD_EVENT_SCHEMA });
  const streams = new Map<string, Map<string, EventDefinition>>();
  for (const { name, byType } of contracts.map(describeContract)) {
    streams.set(name, new Map([...(streams.get(name) ?? []), ...byType]));
  }
  const channels = [...streams].map(([name, events]) => [name, channel(name, [...events.values()], builder)] as const);
  const produced = [...streams].map(([name, events]) => {
    const operation: AsyncApiOperation = {
      action: 'send',
      title: `Produce ${name}`,
      ...references(name, [...events.keys()]),
    };
    return [`send:${name}`, operation] as const;
  });
  return {
    asyncapi: '3.0.0',
    info: { ...info },
    defaultContentType: JSON_TYPE,
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries([...produced, ...consumed(streams, consumers)]),
    components: { schemas: builder.definitions },
  };
}

const JSON_TYPE = 'application/json';
const SCHEMAS = '#/components/schemas/';

function channel(name: string, events: readonly EventDefinition[], builder: SchemaBuilder): AsyncApiChannel {
  const messages = events.map((event) => [event.type, message(event, builder)] as const);
  return { address: name, messages: Object.fromEntries(messages) };
}

function message(event: EventDefinition, builder: SchemaBuilder): AsyncApiMessage {
  const { type, name, upcasts } = event;
  const payload = builder.event(event);
  const own = { type: 'object', properties: { type: { type: 'string', const: type } } };
  return {
    name: type,
    title: name,
    contentType: JSON_TYPE,
    headers: { allOf: [{ $ref: `${SCHEMAS}${CLOUD_EVENT}` }, own] },
    payload,
    'x-fingerprint': fingerprintOf(type, payload, builder.definitions),
    ...(upcasts && { 'x-upcasts': [...upcasts.keys()] }),
  };
}

/** One operation for each group and stream, with the events that the document has. */
function consumed(
  streams: ReadonlyMap<string, ReadonlyMap<string, EventDefinition>>,
  consumers: readonly AsyncApiConsumer[],
): readonly (readonly [string, AsyncApiOperation])[] {
  const pairs = new Map<string, { readonly group: string; readonly stream: string; readonly types: Set<string> }>();
  for (const { group, event } of consumers) {
    const stream = event.contract.name;
    if (!streams.get(stream)?.has(event.type)) continue;
    const key = `receive:${group}:${stream}`;
    const pair = pairs.get(key) ?? { group, stream, types: new Set() };
    pair.types.add(event.type);
    pairs.set(key, pair);
  }
  return [...pairs].map(([key, { group, stream, types }]) => {
    const title = `Consume ${stream} as ${group}`;
    return [key, { action: 'receive', title, ...references(stream, [...types]), 'x-group': group }];
  });
}

function references(stream: string, types: readonly string[]): Pick<AsyncApiOperation, 'channel' | 'messages'> {
  const place = `#/channels/${stream}`;
  return { channel: { $ref: place }, messages: types.map((type) => ({ $ref: `${place}/messages/${type}` })) };
}
