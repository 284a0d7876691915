import { BackboneError, isName, newFields, type Message, type ReadEvent, type ReadOptions } from '../core/index.js';
import { fetchFields } from './fetch-fields.js';
import type { StreamKeys } from './keys.js';
import type { Entry } from './record.js';
import type { RedisConnection } from './redis-connection.js';
import { channelError } from './redis-failure.js';

/**
 * Reads a stream without a group, up to the end that it has when reading begins.
 *
 * @throws BackboneError `EB_CHANNEL` when the server is not there within the given time, or goes away.
 */
export async function* readStream(
  connection: RedisConnection,
  keys: StreamKeys,
  options: ReadOptions,
  timeoutMs: number,
): AsyncGenerator<readonly ReadEvent[]> {
  if (options.key !== undefined) {
    throw new BackboneError('EB_UNSUPPORTED', 'the Redis channel cannot read by key; read by range and filter');
  }
  const { client } = connection;
  try {
    if (!(await connection.ready(timeoutMs))) throw new BackboneError('EB_CHANNEL', 'Redis cannot be reached');
    yield* options.ids ? byId(options.ids.filter(isName)) : byRange();
  } catch (error) {
    throw channelError('reading', error);
  }

  async function* byId(ids: readonly string[]): AsyncGenerator<readonly ReadEvent[]> {
    const hashes = Promise.all(ids.map((id) => client.hget(keys.event(id), '$position')));
    const positions = await connection.within(hashes);
    const known = positions.filter((at) => at !== null);
    const entries = await connection.within(Promise.all(known.map((at) => client.xrange(keys.stream, at, at))));
    const events = await eventsOf(entries.flat());
    const asked = new Set(ids);
    const found = events.filter(({ message }) => message && asked.has(message.id));
    if (found.length > 0) yield found;
  }

  async function* byRange(): AsyncGenerator<readonly ReadEvent[]> {
    const batchSize = options.batchSize ?? 100;
    const [newest] = await connection.within(client.xrevrange(keys.stream, '+', '-', 'COUNT', 1));
    const end = options.until ? (options.until[0]?.id ?? '0-0') : newest?.[0];
    if (end === undefined) return;
    let after = options.after?.[0]?.id;
    for (;;) {
      const start = after === undefined ? '-' : `(${after}`;
      const entries = await connection.within(client.xrange(keys.stream, start, end, 'COUNT', batchSize));
      const last = entries.at(-1);
      if (!last) return;
      const events = await eventsOf(entries);
      if (events.length > 0) yield events;
      after = last[0];
    }
  }

  async function eventsOf(entries: readonly Entry[]): Promise<readonly ReadEvent[]> {
    const { types, fields } = options;
    const wanted = (type: string) => !types || types.includes(type);
    const found = entries.map((entry) => ({ entry, deliveries: 0 }));
    const events = await fetchFields(connection, keys, found, (type) => wanted(type) && fields?.length !== 0);
    return events
      .filter(({ message }) => (message ? wanted(message.type) : !types))
      .map(({ position, appendedAt, message, malformed }) => {
        const event = { position, appendedAt, message, malformed };
        return fields && message ? { ...event, message: withOnly(message, fields) } : event;
      });
  }
}

function withOnly(message: Message, names: readonly string[]): Message {
  const kept = newFields();
  for (const name of names) if (message.fields[name] !== undefined) kept[name] = message.fields[name];
  return { ...message, fields: kept };
}
