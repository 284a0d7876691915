import {
  BackboneError,
  describeContract,
  eventType,
  parseEventType,
  reportChannel,
  streamOf,
  type Channel,
  type ContractClass,
  type Position,
  type Stream,
} from '../core/index.js';
import type { AsyncApiMessage } from './async-api-document.js';
import { loadClassChecks } from './class-checks.js';
import { comparePayloads } from './compare-payloads.js';
import type { SchemaDocument } from './compare-schemas.js';
import type { SchemaChange } from './schema-change.js';
import {
  eventSchema,
  SCHEMA_KEY,
  SCHEMA_TYPE,
  schemaEventId,
  schemaMessage,
  schemaOf,
  type EventSchema,
} from './schema-event.js';

/** A schema that was published with its stream. */
export interface PublishedSchema extends EventSchema {
  /** The application that published it. */
  readonly source: string;
  readonly publishedAt: Date;
  readonly position: Position;
}

/** What the producers of a stream have said of its events. */
export interface StreamSchemas {
  readonly stream: Stream;
  /** In the order in which they were published; an event may have several, the last one counts. */
  readonly schemas: readonly PublishedSchema[];
  /** The same as a document for `compareSchemas` and `checkSchema`. */
  readonly document: SchemaDocument;
}

/** What to publish, and where. */
export interface PublishSchemasOptions {
  readonly channel: Channel;
  readonly environment: string;
  /** The contracts that this application produces. */
  readonly contracts: readonly ContractClass[];
  /** The application's name. */
  readonly source: string;
  /**
   * What happens when the same version of an event was published with another fingerprint. `warn`: it is said in the log
   * and published, too. `refuse`: the same, but a change that breaks readers rejects with `EB_CONTRACT`. Default `warn`.
   */
  readonly onMismatch?: 'warn' | 'refuse';
}

/**
 * Publishes what the events of contracts look like, each once in its stream, as an event of the library that handlers are
 * never given: call it when a producer starts. Resolves to the types that were new.
 *
 * @throws BackboneError `EB_CONTRACT` for a breaking change under `refuse`, and what the channel rejects with.
 */
export async function publishSchemas(options: PublishSchemasOptions): Promise<readonly string[]> {
  const { channel, environment, contracts, source } = options;
  const checks = await loadClassChecks();
  const added: string[] = [];
  for (const contract of contracts.map(describeContract)) {
    const stream = streamOf(contract, environment);
    const own = [...contract.byType.values()].map((event) => eventSchema(event, checks));
    const known = await knownSchemas(channel, stream, own);
    const fresh = own.filter(({ type, fingerprint }) => {
      return !known.some((other) => other.type === type && other.fingerprint === fingerprint);
    });
    const messages = fresh.map((schema) => {
      const other = known.findLast(({ type }) => type === schema.type);
      if (other) tellMismatch(options, stream, other, schema);
      return schemaMessage(schema, source, schemaEventId(schema.type, other && schema.fingerprint));
    });
    if (messages.length > 0) await channel.publish(stream, messages);
    added.push(...fresh.map(({ type }) => type));
  }
  return added;
}

/**
 * Reads what the producers of a stream have said of its events. A channel that does not support `readByKey` is looked
 * through from its beginning to its end, without the fields of other events: that is for tools, and takes longer the more
 * events there are.
 *
 * @throws BackboneError what the channel rejects with.
 */
export async function readSchemas(channel: Channel, stream: Stream): Promise<StreamSchemas> {
  const key = channel.supports.readByKey ? { key: SCHEMA_KEY } : {};
  const schemas = await schemasIn(channel.read({ stream, types: [SCHEMA_TYPE], ...key }));
  const messages = new Map(schemas.map((schema) => [schema.type, documented(schema)]));
  const definitions = schemas.flatMap((schema) => Object.entries(schema.definitions));
  return {
    ...{ stream, schemas },
    document: {
      channels: { [stream.contract]: { address: stream.contract, messages: Object.fromEntries(messages) } },
      components: { schemas: Object.fromEntries(definitions) },
    },
  };
}

/** Where events can be read by id, nothing else is looked at. */
async function knownSchemas(
  channel: Channel,
  stream: Stream,
  own: readonly EventSchema[],
): Promise<readonly EventSchema[]> {
  if (!channel.supports.readById) return (await readSchemas(channel, stream)).schemas;
  const ids = own.flatMap(({ type, fingerprint }) => [schemaEventId(type), schemaEventId(type, fingerprint)]);
  return schemasIn(channel.read({ stream, ids }));
}

async function schemasIn(batches: ReturnType<Channel['read']>): Promise<readonly PublishedSchema[]> {
  const found: PublishedSchema[] = [];
  for await (const events of batches) {
    for (const { message, malformed, position, appendedAt } of events) {
      const schema = message && !malformed && message.type === SCHEMA_TYPE ? schemaOf(message) : undefined;
      if (!schema || !message) continue;
      found.push({ ...schema, source: message.source, publishedAt: new Date(appendedAt), position });
    }
  }
  return found;
}

function documented({ type, fingerprint, payload, upcasts }: EventSchema): AsyncApiMessage {
  return {
    ...{ name: type, title: parseEventType(type)?.name ?? type, contentType: 'application/json' },
    ...{ headers: { type: 'object' }, payload, 'x-fingerprint': fingerprint },
    ...(upcasts.length > 0 && { 'x-upcasts': upcasts }),
  };
}

function tellMismatch(
  { channel, onMismatch = 'warn' }: PublishSchemasOptions,
  stream: Stream,
  before: EventSchema,
  after: EventSchema,
): void {
  const { type } = after;
  const changes = comparePayloads(type, [before.payload, before.definitions], [after.payload, after.definitions]);
  const what = changes.map(({ verdict, path, message }) => `${verdict}: ${path}: ${message}`).join(', ');
  const { name = type, version = 1 } = parseEventType(type) ?? {};
  const reason =
    `${type} was published with another schema before (${what || 'its wire format differs'}); ` +
    `give what has changed a version of its own, ${eventType(name, version + 1)}`;
  const isBreaking = changes.some(({ verdict }: SchemaChange) => verdict === 'breaking');
  if (onMismatch === 'refuse' && isBreaking) {
    throw new BackboneError('EB_CONTRACT', `${stream.contract}: ${reason}`, { details: { path: type } });
  }
  reportChannel({ channel, kind: 'schema', stream, reason });
}
