import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type FieldValue, type Message } from '../core/index.js';
import { appendCall, prepareEvent as prepared, prepareEvents, stagedHashes } from './append-call.js';
import { streamKeys } from './keys.js';
import { APPEND, APPEND_ONE } from './scripts/append.js';

const MAX_BYTES = 1_000_000;
const prepareEvent = (message: Message) => prepared(message, MAX_BYTES);
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
    ['EB_NAME', { fields: { a: { store: 'else where', size: 1 } } }],
    ['EB_ARGUMENT', { fields: { a: { store: 'elsewhere', size: -1 } } }],
    ['EB_ARGUMENT', { fields: { a: { store: 'elsewhere', size: 1.5 } } }],
    ['EB_TOO_LARGE', { fields: { a: 'x'.repeat(MAX_BYTES) } }],
    ['EB_TOO_LARGE', { fields: { a: 'é'.repeat(MAX_BYTES / 2) } }],
    ['EB_TOO_LARGE', { fields: { a: Buffer.alloc(MAX_BYTES / 2), b: Buffer.alloc(MAX_BYTES / 2) } }],
    ['EB_TOO_LARGE', { fields: fieldsOf(1_001) }],
    ['EB_TOO_LARGE', { headers: { a: 'x'.repeat(300_000) } }],
  ])('is refused with %s where no reader would understand it: %j', ([code, like]) => {
    expect(() => prepareEvent(message(like))).toThrow(expect.objectContaining({ code }));
  });

  it('is as large as it may be, whatever its characters need', () => {
    for (const a of ['x'.repeat(MAX_BYTES - 1), `x${'é'.repeat(MAX_BYTES / 2 - 1)}`, Buffer.alloc(MAX_BYTES - 1)]) {
      expect(prepareEvent(message({ fields: { a } })).values[0] === a).toBe(true);
    }
  });

  it('says which of its fields are references, and is small with them', () => {
    const fields = { a: { store: 'archive', size: 9_000 }, b: Buffer.from('b'), c: '7 archive' };
    const { entry, values, nonce } = prepareEvent(message({ fields, personal: ['a'] }));
    expect(JSON.parse(entry)).toMatchObject({ fields: 2, personal: 1, binary: ['b'], refs: ['a'] });
    expect(values).toEqual([Buffer.from('b'), '7 archive', '9000 archive']);
    expect(nonce).toBeUndefined();
  });

  it('goes ahead of the script when it is large, plain and personal fields apart', () => {
    const event = prepareEvent(message({ fields: { a: 'x'.repeat(5_000), b: '1', c: '2' }, personal: ['b'] }));
    expect(stagedHashes(keys, [event])).toEqual([
      [keys.staged('id', event.nonce ?? ''), 'a', 'x'.repeat(5_000), 'c', '2'],
      [keys.staged('id', `${event.nonce ?? ''}:personal`), 'b', '1'],
    ]);
    expect(appendCall(keys, [event])[1]).not.toContain('x'.repeat(5_000));
    expect(stagedHashes(keys, [prepareEvent(message())])).toEqual([]);
  });

  it('shares the names of its fields with others like it', () => {
    const events = ['1', '2', '3'].map((id) => prepareEvent(message({ id, fields: fieldsOf(20) })));
    expect(appendCall(keys, events)[1].filter((argument) => argument === 'field7')).toHaveLength(1);
  });

  it('goes through a script of its own when it is small and alone', () => {
    const one = prepareEvent(message({ fields: { a: '1', b: '2', c: '3' }, personal: ['b'] }));
    const [script, args] = appendCall(keys, [one]);
    expect(script).toBe(APPEND_ONE);
    const keyList = [keys.stream, keys.layout, keys.event('id'), keys.personal('id')];
    expect(args).toEqual([4, ...keyList, 'eb1', 1, one.entry, 2, 'a', '1', 'c', '3', 'b', '2']);
    const large = prepareEvent(message({ fields: { a: 'x'.repeat(5_000) } }));
    for (const events of [[one, one], [large]]) expect(appendCall(keys, events)[0]).toBe(APPEND);
  });

  it('name the index of keys only where it is asked for', () => {
    const event = prepareEvent(message({ key: 'a {key}' }));
    const indexed = [keys.keyIndex, keys.ofKey('a {key}')];
    for (const events of [[event], [event, event]]) {
      const [plain, keyed] = [false, true].map((isIndexed) => appendCall(keys, events, isIndexed));
      expect(plain?.[1].filter((argument) => indexed.includes(String(argument)))).toEqual([]);
      expect(keyed?.[1]).toEqual(expect.arrayContaining(indexed));
      expect(keyed?.[0]).not.toBe(plain?.[0]);
      expect(plain?.[0].lua).not.toContain('ZADD');
    }
  });

  it('is refused among more than one call can carry', () => {
    const one = message({ fields: fieldsOf(500) });
    expect(
      prepareEvents(
        Array.from({ length: 900 }, () => one),
        MAX_BYTES,
      ),
    ).toHaveLength(900);
    expect(() =>
      prepareEvents(
        Array.from({ length: 1_100 }, () => one),
        MAX_BYTES,
      ),
    ).toThrow(expect.objectContaining({ code: 'EB_TOO_LARGE' }));
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
