import type { Redis } from 'ioredis';
import type { DeadLetterKind, Stream } from 'nest-event-backbone/core';
import { keyOf } from './open-channel.js';

/** An entry that this library would not have written, and what must become of it. */
export interface HostileEntry {
  readonly name: string;
  /** The entry's names and values. */
  readonly entry: readonly string[];
  readonly becomes: DeadLetterKind | 'handled';
  /** What else is put on the server before. */
  readonly prepare?: (client: Redis, stream: Stream) => Promise<unknown>;
}

const time = '2026-11-22T12:00:00.000Z';
const type = 'sampleTaken.v1';

/** The key that no reader may touch, wherever an entry points. */
export const SECRET_KEY = 'somebody-elses-secret';

/** Whatever somebody who may write to the stream could think of. */
export const HOSTILE_ENTRIES: readonly HostileEntry[] = [
  malformed('foreign fields', ['order', '1', 'user', 'Ada']),
  malformed(
    'ten thousand fields',
    Array.from({ length: 20_000 }, (_, i) => `n${i}`),
  ),
  malformed('a future wire format', ['eb2', '{"id":"future"}']),
  malformed('no JSON', ['eb1', '{"id":']),
  malformed('an empty text', ['eb1', '']),
  malformed('bytes that are no text', ['eb1', '\ud800\u0000\u00ff']),
  malformed('a JSON array', ['eb1', '[{"id":"in-array"}]']),
  malformed('JSON null', ['eb1', 'null']),
  malformed('a JSON number', ['eb1', '12']),
  malformed('JSON that is nested without end', ['eb1', `${'['.repeat(50_000)}${']'.repeat(50_000)}`]),
  malformed('a text of a megabyte', ['eb1', JSON.stringify({ id: 'long', type, time, x: 'x'.repeat(1_000_000) })]),
  ...[undefined, null, 1, '', 'a:b', 'a}b', '{a}', '*', '../x', 'a b', 'a\nb', 'a\0b', 'x'.repeat(10_000), 'é']
    .concat(['__proto__', 'constructor', 'prototype'])
    .map((id) => malformed(`the id ${shown(id)}`, entryOf({ id }))),
  malformed('no time', entryOf({ id: 'no-time', time: undefined })),
  malformed('a time that is none', entryOf({ id: 'bad-time', time: 'yesterday' })),
  malformed('no type', entryOf({ id: 'no-type', type: undefined })),
  malformed('a type that is no text', entryOf({ id: 'odd-type', type: { toString: 'x' } })),
  { name: 'an unknown type', entry: entryOf({ id: 'unknown-type', type: 'constructor' }), becomes: 'unknown' },
  { name: 'a type like a member of objects', entry: entryOf({ id: 'own', type: '__proto__' }), becomes: 'unknown' },
  { name: 'no hash', entry: entryOf({ id: 'no-hash', fields: 1 }), becomes: 'lost' },
  { name: 'no personal hash', entry: entryOf({ id: 'no-personal', personal: 1 }), becomes: 'lost' },
  { name: 'no hash of a large event', entry: entryOf({ id: 'no-large', fields: 1, large: true }), becomes: 'lost' },
  { name: 'more fields than any hash has', entry: entryOf({ id: 'many', fields: 1e15 }), becomes: 'lost' },
  {
    name: 'a hash with fewer fields',
    entry: entryOf({ id: 'fewer', fields: 2 }),
    becomes: 'lost',
    prepare: (client, stream) => client.hset(keyOf(stream, 'event:fewer'), 'sample', '"1"'),
  },
  {
    name: 'a hash whose only field is __proto__',
    entry: entryOf({ id: 'proto-only', fields: 1 }),
    becomes: 'lost',
    prepare: (client, stream) => client.hset(keyOf(stream, 'event:proto-only'), '__proto__', '{"admin":true}'),
  },
  {
    name: 'a key of another type for the hash',
    entry: entryOf({ id: 'text', fields: 1 }),
    becomes: 'lost',
    prepare: (client, stream) => client.set(keyOf(stream, 'event:text'), 'no hash'),
  },
  {
    name: 'a key of another type for the hash of a large event',
    entry: entryOf({ id: 'large-text', fields: 1, large: true }),
    becomes: 'lost',
    prepare: (client, stream) => client.set(keyOf(stream, 'event:large-text'), 'no hash'),
  },
  {
    name: 'a hash with dangerous names beside the good one',
    entry: entryOf({ id: 'proto', fields: 1 }),
    becomes: 'handled',
    prepare: (client, stream) =>
      client.hset(keyOf(stream, 'event:proto'), { sample: '"ok"', ['__proto__']: '{"admin":true}', constructor: '1' }),
  },
  ...[null, [], 'text', 1, { a: 1 }, { a: { b: 'c' } }, { 'a:b': 'c' }].map((headers, i) =>
    handled(`odd headers ${i}`, { headers }),
  ),
  handled('headers named like members of objects', { headers: JSON.parse('{"__proto__":"x","constructor":"y"}') }),
  handled('odd values wherever text is due', { source: 1, partitionkey: null, correlationid: [], causationid: {} }),
  handled('odd counts', { fields: -1, personal: 'x', large: 'yes', binary: { length: 1 } }, 1),
  handled('pointers to other keys', {
    ...{ key: SECRET_KEY, hash: SECRET_KEY, storage: SECRET_KEY, dataref: SECRET_KEY, fieldsKey: SECRET_KEY },
    ...{ store: { redis: SECRET_KEY }, payload: `redis://127.0.0.1/${SECRET_KEY}` },
  }),
];

function shown(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value).slice(0, 20);
}

function entryOf(properties: Readonly<Record<string, unknown>>): readonly string[] {
  return ['eb1', JSON.stringify({ type, time, ...properties })];
}

function malformed(name: string, entry: readonly string[]): HostileEntry {
  return { name, entry, becomes: 'malformed' };
}

function handled(name: string, properties: Readonly<Record<string, unknown>>, withoutFields?: 1): HostileEntry {
  const id = name.replace(/\W/g, '-');
  return {
    name,
    entry: entryOf({ id, ...(withoutFields ? {} : { fields: 1 }), ...properties }),
    becomes: 'handled',
    prepare: (client, stream) => client.hset(keyOf(stream, `event:${id}`), 'sample', '"ok"'),
  };
}
