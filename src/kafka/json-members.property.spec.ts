import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonMembers } from './json-members.js';

describe('the members of a JSON object', () => {
  it('are the texts that they were written in, for every object', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.json()), { selector: ([name]) => name });
    fc.assert(
      fc.property(members, (pairs) => {
        const text = `{${pairs.map(([name, raw]) => `${JSON.stringify(name)}:${raw}`).join(',')}}`;
        expect(jsonMembers(text)).toEqual(new Map(pairs));
      }),
    );
  });

  it('keep every digit of a number', () => {
    expect(jsonMembers('{"n":12345678901234567890.10}')?.get('n')).toBe('12345678901234567890.10');
  });

  it('are found behind white space', () => {
    expect(jsonMembers(' {\n "a" : 1,\t"b":[{"c":"}"}] } ')).toEqual(
      new Map([
        ['a', ' 1'],
        ['b', '[{"c":"}"}] '],
      ]),
    );
    expect(jsonMembers('{ }')).toEqual(new Map());
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
