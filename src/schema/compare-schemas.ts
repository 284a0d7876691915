import { BackboneError } from '../core/index.js';
import type { AsyncApiDocument, AsyncApiMessage } from './async-api-document.js';
import { comparePayloads } from './compare-payloads.js';
import type { SchemaChange, SchemaVerdict } from './schema-change.js';

/** The part of an AsyncAPI document that is compared. */
export type SchemaDocument = Pick<AsyncApiDocument, 'channels' | 'components'>;

/**
 * Lists what changed between two documents that `asyncApiOf` made, the breaking changes first. A log keeps what was once
 * stored: a change is breaking when events that `before` allowed are refused by `after`, or when something disappears
 * that a reader uses; see docs/schema.md for each rule.
 *
 * @throws BackboneError `EB_ARGUMENT` for a document of another form.
 */
export function compareSchemas(before: SchemaDocument, after: SchemaDocument): readonly SchemaChange[] {
  checkDocument('before', before);
  checkDocument('after', after);
  const changes: SchemaChange[] = [];
  const streams = both(before.channels, after.channels);
  for (const [stream, [old, current]] of streams) {
    if (!current)
      changes.push({ verdict: 'breaking', kind: 'stream-removed', path: stream, message: 'the stream is gone' });
    else if (!old)
      changes.push({ verdict: 'compatible', kind: 'stream-added', path: stream, message: 'the stream is new' });
    else changes.push(...compareEvents(stream, both(old.messages, current.messages), before, after));
  }
  return changes.sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}

const ORDER: readonly SchemaVerdict[] = ['breaking', 'readers-first', 'compatible'];

function compareEvents(
  stream: string,
  events: ReadonlyMap<string, Pair<AsyncApiMessage>>,
  before: SchemaDocument,
  after: SchemaDocument,
): readonly SchemaChange[] {
  return [...events].flatMap(([type, [old, current]]): readonly SchemaChange[] => {
    const path = `${stream}/${type}`;
    if (!current) {
      const readAs = [...events].find(([, [, other]]) => other?.['x-upcasts']?.includes(type))?.[0];
      if (readAs !== undefined) {
        const message = `the event is gone, and stored ones are read as ${readAs}`;
        return [{ verdict: 'compatible', kind: 'event-upcast', path, message }];
      }
      const message = 'the event is gone, and stored ones can no longer be handled';
      return [{ verdict: 'breaking', kind: 'event-removed', path, message }];
    }
    if (!old) {
      const message = 'the event is new; consumers that do not know it yet set it aside';
      return [{ verdict: 'readers-first', kind: 'event-added', path, message }];
    }
    return comparePayloads(path, [old.payload, before.components.schemas], [current.payload, after.components.schemas]);
  });
}

type Pair<T> = readonly [before: T | undefined, after: T | undefined];

function both<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): ReadonlyMap<string, Pair<T>> {
  const [old, current] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return new Map([...old.keys(), ...current.keys()].map((name) => [name, [old.get(name), current.get(name)]]));
}

/** It comes from a file. */
function checkDocument(which: string, document: unknown): void {
  const channels = member(document, 'channels');
  const messages = Object.values(channels ?? {}).map((channel) => member(channel, 'messages'));
  const isWhole = messages.every((each) => each && Object.values(each).every((one) => member(one, 'payload')));
  if (channels && isWhole && member(member(document, 'components'), 'schemas')) return;
  const remedy = 'give what asyncApiOf made, read with JSON.parse';
  throw new BackboneError(
    'EB_ARGUMENT',
    `the document \`${which}\` is no AsyncAPI document of this library; ${remedy}`,
    {
      details: { path: which },
    },
  );
}

function member(value: unknown, name: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = (value as Readonly<Record<string, unknown>>)[name];
  return typeof inner === 'object' && inner !== null ? inner : undefined;
}
