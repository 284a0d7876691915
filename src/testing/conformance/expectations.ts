import assert from 'node:assert/strict';
import { isBackboneError, type ErrorCode, type FieldValue, type Message, type ReadEvent } from '../../core/index.js';

/** The message of an event that must be readable. */
export function messageOf(event: ReadEvent | undefined): Message {
  assert.ok(event, 'there is no event where one is expected');
  assert.equal(event.malformed, undefined, 'the event is malformed');
  assert.ok(event.message, 'the event has no message');
  return event.message;
}

/** The ids of messages, or of the messages of events. */
export function idsOf(events: readonly (Message | ReadEvent)[]): readonly string[] {
  return events.map((event) => ('position' in event ? messageOf(event).id : event.id));
}

/** Expects just these events in this order. */
export function assertInOrder(
  actual: readonly (Message | ReadEvent)[],
  expected: readonly (Message | ReadEvent)[],
  what: string,
): void {
  const got = idsOf(actual);
  const wanted = idsOf(expected);
  const differs = wanted.findIndex((id, index) => got[index] !== id);
  assert.equal(differs, -1, `${what}: event ${differs + 1} of ${wanted.length} is another one or missing`);
  assert.equal(got.length, wanted.length, `${what}: the number of events`);
}

/** Expects just these events, each once, in any order. */
export function assertSame(
  actual: readonly (Message | ReadEvent)[],
  expected: readonly (Message | ReadEvent)[],
  what: string,
): void {
  const got = idsOf(actual);
  const wanted = new Set(idsOf(expected));
  const distinct = new Set(got);
  assert.equal(got.length - distinct.size, 0, `${what}: events that came more than once`);
  assert.equal([...distinct].filter((id) => !wanted.has(id)).length, 0, `${what}: events that do not belong here`);
  assert.equal([...wanted].filter((id) => !distinct.has(id)).length, 0, `${what}: events that are missing`);
}

/** Expects a message as it was published: every attribute, every header and every byte. */
export function assertAsPublished(actual: Message, published: Message): void {
  for (const name of ATTRIBUTES) assert.equal(actual[name], published[name], `the attribute ${name}`);
  assert.deepEqual(sorted(actual.headers), sorted(published.headers), 'the headers');
  assert.deepEqual([...actual.personal].sort(), [...published.personal].sort(), 'the names of the personal fields');
  assertFields(actual, published);
}

/**
 * Expects the fields of a message as they were published, byte for byte: text may come back as its UTF-8 bytes, and
 * bytes that are UTF-8 as text, since a codec reads either.
 */
export function assertFields(actual: Message, published: Pick<Message, 'fields'>): void {
  assert.deepEqual(Object.keys(actual.fields).sort(), Object.keys(published.fields).sort(), 'the names of the fields');
  for (const [name, value] of Object.entries(published.fields)) {
    assert.ok(bytesOf(actual.fields[name]).equals(bytesOf(value)), `the field ${name} came with another content`);
  }
}

/** Expects a refusal with one of these codes. */
export async function assertRefused(call: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error !== undefined, `nothing was refused where ${codes.join(' or ')} is due`);
  assert.ok(isBackboneError(error), 'the refusal is no BackboneError');
  assert.ok(codes.includes(error.code), `refused with ${error.code} where ${codes.join(' or ')} is due`);
}

const ATTRIBUTES = [
  'id',
  'source',
  'type',
  'time',
  'key',
  'correlationId',
  'causationId',
  'traceparent',
  'tracestate',
  'contentType',
] as const;

function sorted(headers: Message['headers']): readonly (readonly [string, string])[] {
  return Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
}

function bytesOf(value: FieldValue | undefined): Buffer {
  assert.ok(typeof value === 'string' || value instanceof Uint8Array, 'a field is neither text nor bytes');
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
}
