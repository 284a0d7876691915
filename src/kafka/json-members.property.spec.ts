import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isName } from '../core/index.js';
import { jsonMembers } from './json-members.js';

describe('the members of a JSON object', () => {
  it('are the texts that they were written in, for every object; those whose names no field can have are left out', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', 'Z', '9', '_', '.', '-') }),
      fc.string({ unit: 'binary' }),
    );
    const members = fc.uniqueArray(fc.tuple(name, fc.json()), { selector: ([own]) => own });
    fc.assert(
      fc.property(members, (pairs) => {
        const text = `{${pairs.map(([own, raw]) => `${JSON.stringify(own)}:${raw}`).join(',')}}`;
        expect({ ...jsonMembers(text) }).toEqual(Object.fromEntries(pairs.filter(([own]) => isName(own))));
      }),
    );
  });

  it('keep every digit of a number', () => {
    expect(jsonMembers('{"n":12345678901234567890.10}')?.['n']).toBe('12345678901234567890.10');
  });

  it('are found behind white space', () => {
    expect({ ...jsonMembers(' {\n "a" : 1,\t"b":[{"c":"}"}] } ') }).toEqual({ a: ' 1', b: '[{"c":"}"}] ' });
    expect(Object.keys(jsonMembers('{ }') ?? { none: '' })).toEqual([]);
  });

  it('are found under names that are written with escapes, and never reach a prototype', () => {
    expect({ ...jsonMembers('{"\\u0061":1,"__proto__":2,"\\u005f_proto__":3,"constructor":4,"a b":5}') }).toEqual({
      a: '1',
    });
  });

  it.each(['', 'null', '[1]', '{', '{"a"', '{"a":', '{"a":1', '{"a":1}x', '{"a":"', '{a:1}', '{"a":1,}', '{"\\x":1}'])(
    'are not looked for in %j',
    (text) => {
      expect(jsonMembers(text)).toBeUndefined();
    },
  );

  it('never make it throw or hang, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void jsonMembers(`{${text}`)));
    expect(jsonMembers(`{"a":${'['.repeat(100_000)}`)).toBeUndefined();
  });
});
