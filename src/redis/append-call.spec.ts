import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type FieldValue, type Message } from '../core/index.js';
import { appendArguments, prepareEvent, prepareEvents, stagedHashes } from './append-call.js';
import { streamKeys } from './keys.js';

const keys = streamKeys('eb', { environment: 'test', contract: 'orders' }, 0);

describe('an event that is made ready for an append', () => {
  it.for<[string, Partial<Message>]>([
    ['EB_NAME', { id: 'a:b' }],
    ['EB_NAME', { id: '' }],
    ['EB_NAME', { id: '"}' }],
    ['EB_NAME', { fields: { $position: '1' } }],
    ['EB_NAME', { fields: { ['__proto__']: '1' } }],
    ['EB_NAME', { fields: { 'a b': '1' } }],
    ['EB_ARGUMENT', { type: '' }],
    ['EB_ARGUMENT', { time: NaN }],
    ['EB_UNSUPPORTED', { fields: { a: { store: 'elsewhere', size: 1 } } }],
    ['EB_TOO_LARGE', { fields: fieldsOf(1_001) }],
    ['EB_TOO_LARGE', { headers: { a: 'x'.repeat(300_000) } }],
  ])('is refused with %s where no reader would understand it: %j', ([code, like]) => {
    expect(() => prepareEvent(message(like))).toThrow(expect.objectContaining({ code }));
  });

  it('goes ahead of the script when it is large, plain and personal fields apart', () => {
    const event = prepareEvent(message({ fields: { a: 'x'.repeat(5_000), b: '1', c: '2' }, personal: ['b'] }));
    expect(stagedHashes(keys, [event])).toEqual([
      [keys.staged('id', event.nonce ?? ''), 'a', 'x'.repeat(5_000), 'c', '2'],
      [keys.staged('id', `${event.nonce ?? ''}:personal`), 'b', '1'],
    ]);
    expect(appendArguments(keys, [event])).not.toContain('x'.repeat(5_000));
    expect(stagedHashes(keys, [prepareEvent(message())])).toEqual([]);
  });

  it('shares the names of its fields with others like it', () => {
    const events = ['1', '2', '3'].map((id) => prepareEvent(message({ id, fields: fieldsOf(20) })));
    expect(appendArguments(keys, events).filter((argument) => argument === 'field7')).toHaveLength(1);
  });

  it('is refused among more than one call can carry', () => {
    const one = message({ fields: fieldsOf(500) });
    expect(prepareEvents(Array.from({ length: 900 }, () => one))).toHaveLength(900);
    expect(() => prepareEvents(Array.from({ length: 1_100 }, () => one))).toThrow(
      expect.objectContaining({ code: 'EB_TOO_LARGE' }),
    );
  });
});

function message(like: Partial<Message> = {}): Message {
  return {
    id: 'id',
    source: 'test',
    type: 'tested.v1',
    time: 0,
    key: 'id',
    correlationId: 'id',
    contentType: DEFAULT_CONTENT_TYPE,
    headers: NO_HEADERS,
    fields: {},
    personal: [],
    ...like,
  };
}

function fieldsOf(count: number): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`field${i}`, '1']));
}
