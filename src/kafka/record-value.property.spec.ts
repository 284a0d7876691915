import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isName, type FieldValue } from '../core/index.js';
import { fieldsOf, recordValue } from './record-value.js';

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/).filter(isName);
const value: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.json(),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.record({ store: fc.string({ minLength: 1 }), size: fc.maxSafeNat() }),
);

describe('the value of a record', () => {
  it.each(['application/json', 'application/cbor'])('holds fields of %s as they were, text or bytes', (contentType) => {
    fc.assert(
      fc.property(fc.dictionary(name, value), (fields) => {
        const { value: written, ...lists } = recordValue(fields, contentType);
        expect(Object.entries(fieldsOf(written, lists, () => true) ?? {})).toEqual(Object.entries(fields));
      }),
    );
  });

  it('is plain JSON where the fields are', () => {
    const { value: written, text, binary } = recordValue({ user: '{"name":"Ada"}', count: '12' }, 'application/json');
    expect(JSON.parse(written.toString())).toEqual({ user: { name: 'Ada' }, count: 12 });
    expect([text, binary]).toEqual([[], []]);
  });

  it('gives only the fields that are wanted, and no forbidden ones', () => {
    const { value: written, ...lists } = recordValue({ a: '1', b: '2' }, 'application/json');
    expect({ ...fieldsOf(written, lists, (field) => field === 'b') }).toEqual({ b: '2' });
    expect({ ...fieldsOf(Buffer.from('{"__proto__":1,"a":2}'), lists, () => true) }).toEqual({ a: '2' });
  });

  it.each([
    '{}',
    '{"a":1}',
    '{"a":x}',
    '{"a":{"store":"s"}}',
    '{"a":{"store":"","size":1}}',
    '{"a":{"store":"s","size":-1}}',
  ])('is unreadable where a reference is none: %s', (text) => {
    expect(fieldsOf(Buffer.from(text), { text: [], binary: [], refs: ['a'] }, () => true)).toBeUndefined();
  });

  it('is unreadable where a wrapped field is no text', () => {
    expect(fieldsOf(Buffer.from('{"a":1}'), { text: [], binary: ['a'], refs: [] }, () => true)).toBeUndefined();
    expect(fieldsOf(Buffer.from('{"a":x}'), { text: ['a'], binary: [], refs: [] }, () => true)).toBeUndefined();
  });
});
