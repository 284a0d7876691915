import { randomUUID } from 'node:crypto';
import type { ExpectedVersion } from './channel.js';
import { COPY_HEADERS } from './copy-headers.js';
import type { EventDefinition } from './event-definition.js';
import { BackboneError } from './errors.js';
import { currentRun } from './event-run.js';
import { hashedKey } from './hashed-key.js';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type EventMetadata } from './message.js';
import { checkedName, isName } from './names.js';

/** What a call of a producer may set besides the event's arguments. */
export interface ProduceOverrides {
  /** The event's id: repeating an append with the same id stores nothing twice. 1 to 128 of `A-Z a-z 0-9 _ . -`. */
  readonly eventId?: string;
  /** The ordering key; before the contract's `@Key` and the key of the event being handled. */
  readonly key?: string;
  /**
   * Text pairs that travel with the event. The marks of a copy (`eb-origin`, `eb-linked`, `eb-trail`) are left out, so that
   * those of a handled event can be passed on: what its handler produces is no copy.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** The environment to append to, instead of the application's. */
  readonly environment?: string;
  /**
   * What the key must look like for anything to be stored, where the channel supports `expectedVersion`: otherwise the
   * call rejects with `EB_CONFLICT`. The events of a batch must then share one key.
   */
  readonly expected?: ExpectedVersion;
  /**
   * The caller's own transaction, where the channel supports `transaction`: the event is there when the transaction commits
   * and never was when it rolls back. On PostgreSQL anything with `query(text, values)` on the same database.
   */
  readonly transaction?: unknown;
}

/** Who produces, and the secret of the keys that are hashed. */
export interface ProducedBy {
  readonly source: string;
  readonly keySecret?: string | Uint8Array;
}

const MAX_KEY_LENGTH = 512;
const MAX_HEADERS_LENGTH = 16 * 1024;

/**
 * Makes the metadata of a new event. Inside a handler it continues the chain of the event being handled: correlation,
 * causation, trace and key are inherited, and the id is derived from it.
 */
export function eventMetadata(
  event: EventDefinition,
  args: readonly unknown[],
  { source, keySecret }: ProducedBy,
  overrides: ProduceOverrides,
): EventMetadata {
  const run = currentRun();
  const cause = run?.event;
  const id =
    overrides.eventId === undefined
      ? (run?.nextEventId(event.contract.name, event.type) ?? randomUUID())
      : checkedName('event id', overrides.eventId);
  return {
    id,
    source,
    type: event.type,
    time: Date.now(),
    key:
      overrides.key === undefined
        ? (keyArgument(event, args, keySecret) ?? cause?.key ?? id)
        : checkedKey(event, overrides.key),
    correlationId: cause?.metadata.correlationId ?? id,
    causationId: cause?.id,
    traceparent: cause?.metadata.traceparent,
    tracestate: cause?.metadata.tracestate,
    contentType: DEFAULT_CONTENT_TYPE,
    headers: overrides.headers ? checkedHeaders(event, overrides.headers) : NO_HEADERS,
  };
}

function keyArgument(
  event: EventDefinition,
  args: readonly unknown[],
  secret: ProducedBy['keySecret'],
): string | undefined {
  if (!event.key) return undefined;
  const { index, select, hashed } = event.key;
  const path = event.arguments[index]?.field;
  let selected: unknown;
  try {
    selected = select(args[index]);
  } catch {
    selected = undefined;
  }
  const key = keyText(event, selected, path);
  if (!hashed) return key;
  if (secret === undefined) throw keyError(`the hashed key of ${event.type} needs a secret`, path);
  return hashedKey(key, secret);
}

function keyText(event: EventDefinition, key: unknown, path: string | undefined): string {
  if (typeof key === 'string') return checkedKey(event, key, path);
  if (typeof key === 'bigint' || (typeof key === 'number' && Number.isFinite(key))) return String(key);
  const given = key === null ? 'null' : typeof key === 'number' ? String(key) : typeof key;
  throw keyError(`the @Key of ${event.type} gave ${given}, not a text or a finite number`, path);
}

function checkedKey(event: EventDefinition, key: unknown, path = 'key'): string {
  if (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_LENGTH) {
    throw keyError(`the key of ${event.type} must be a text of 1 to ${MAX_KEY_LENGTH} characters`, path);
  }
  if (UNFIT_FOR_KEY.test(key)) {
    throw keyError(`the key of ${event.type} holds a control character or half of a surrogate pair`, path);
  }
  return key;
}

// Half a pair would be replaced on its way, and two different keys become one.
const UNFIT_FOR_KEY = /[\p{Cc}\p{Cs}]/u;

function keyError(message: string, path: string | undefined): BackboneError {
  return new BackboneError('EB_ARGUMENT', message, { details: { path, constraint: 'key' } });
}

function checkedHeaders(event: EventDefinition, headers: Readonly<Record<string, string>>): EventMetadata['headers'] {
  const checked = Object.create(null) as Record<string, string>;
  let length = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (COPY_HEADERS.includes(name)) continue;
    if (!isName(name) || typeof value !== 'string') {
      throw new BackboneError('EB_ARGUMENT', `a header of ${event.type} needs a valid name and a text value`, {
        details: { path: `headers.${name.slice(0, 60)}`, constraint: 'header' },
      });
    }
    length += name.length + value.length;
    checked[name] = value;
  }
  if (length <= MAX_HEADERS_LENGTH) return checked;
  throw new BackboneError(
    'EB_TOO_LARGE',
    `the headers of ${event.type} are longer than ${MAX_HEADERS_LENGTH} characters`,
    {
      details: { path: 'headers', size: length, limit: MAX_HEADERS_LENGTH },
    },
  );
}
