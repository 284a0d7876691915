import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from './message.js';
import { redactedText } from './redaction.js';

const fieldsOf = (args: Readonly<Record<string, unknown>>): Fields =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, JSON.stringify(value)]));

describe('a redacted text', () => {
  it.each([
    ['redis://user:pass@host:6379/0 is away', 'redis://***@host:6379/0 is away'],
    ['connect to "rediss://:p@ss@host"', 'connect to "rediss://***@host"'],
    ['redis://user:pa/ss@host', 'redis://***@host'],
    ['postgres://u:p@h1/db,amqp://x:y@h2', 'postgres://***@h1/db,amqp://***@h2'],
    ['GET https://u:p@shop.example/a?b', 'GET https://***@shop.example/a?b'],
    ['GET https://u:p/q@shop.example/a', 'GET https://***@shop.example/a'],
    ['https://shop.example/@ada/1 failed', 'https://shop.example/@ada/1 failed'],
    ['at file:///app/node_modules/.pnpm/x@1.0.0/x.js:1:2', 'at file:///app/node_modules/.pnpm/x@1.0.0/x.js:1:2'],
    ['at /app/node_modules/@nestjs/core@12.5.1/index.js', 'at /app/node_modules/@nestjs/core@12.5.1/index.js'],
    ['no such user ada.lovelace+x@mail.example.com!', 'no such user ***!'],
    ['<Müller@exämple.de>, bob@x.io', '<***>, ***'],
    ['password=hunter2 for ada', 'password=*** for ada'],
    ['{"password":"hun\\"ter2","a":1}', '{"password":"***","a":1}'],
    ["{ client_secret: 'hunter2' }", "{ client_secret: '***' }"],
    ['Authorization: Bearer abc.def', 'Authorization: ***'],
    ['authorization: Custom a, b\nnext', 'authorization: ***\nnext'],
    ['sent Bearer abc.def twice', 'sent Bearer *** twice'],
    ['x-api-key: 123, APIKEY => 456', 'x-api-key: *** APIKEY => ***'],
    ['/a?token=abc&page=2', '/a?token=***&page=2'],
    ['accessToken: "abc', 'accessToken: "***'],
    ["Unexpected token '<' in JSON at position 4", "Unexpected token '<' in JSON at position 4"],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(redactedText(text)).toBe(expected);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string, string]>([
    ['texts', { name: 'Ada' }, 'Ada is not known', '[argument] is not known'],
    ['texts deep inside', { user: { names: [{ first: 'Ada' }] } }, 'who is Ada?', 'who is [argument]?'],
    ['numbers', { id: 4711 }, 'no product 4711', 'no product [argument]'],
    ['numbers with a fraction or a sign', { a: -1234, b: 12.34 }, '-1234 12.34', '-[argument] [argument]'],
    ['no short values', { a: 'no', b: 471, c: true, d: null }, 'no 471 true null', 'no 471 true null'],
    ['longer values whole', { a: 'Ada', b: 'Ada Lovelace' }, 'Ada Lovelace', '[argument]'],
    ['values that overlap', { a: 'abcd', b: 'cdef' }, '-abcdef-', '-[argument]-'],
    ['values that stand in the replacement', { a: 'argument', b: 'gum' }, 'gum argument', '[argument] [argument]'],
    ['values written as JSON', { a: 'one\n"two"' }, 'got "one\\n\\"two\\""', 'got "[argument]"'],
    ['a value around an e-mail address', { a: 'Ada <ada@x.io>' }, 'to Ada <ada@x.io>.', 'to [argument].'],
    ['a value inside of a secret word', { a: 'pass' }, 'password=hunter2', '[argument]word=***'],
    ['a value inside of credentials', { a: 'user' }, 'redis://user:pass@host', 'redis://***@host'],
    ['big integers', { a: { $bigint: '90071992' } }, 'n 90071992', 'n [argument]'],
  ])('holds %s of the arguments', (_, args, text, expected) => {
    expect(redactedText(text, fieldsOf(args))).toBe(expected);
  });

  it('holds nothing of fields that are no JSON, or bytes', () => {
    const fields = { note: 'plain words', bytes: Buffer.from('"in bytes"'), raw: Uint8Array.of(0xff, 0xfe, 0xfd) };
    expect(redactedText('plain words, in bytes', fields)).toBe('[argument], [argument]');
  });

  it('does not mind a field that is kept elsewhere', () => {
    expect(redactedText('why', { name: { store: 's', size: 3 } })).toBe('why');
  });

  it('shows arguments when it does not know the fields', () => {
    expect(redactedText('Ada is not known')).toBe('Ada is not known');
  });

  it('looks for values near the surface first, and for no more than 10,000', () => {
    const list = Array.from({ length: 12_000 }, (_, i) => `value-${i};`);
    const fields = fieldsOf({ list, name: 'Ada' });
    expect(redactedText('Ada value-0; value-9998; value-11999;', fields)).toBe(
      '[argument] [argument] [argument] value-11999;',
    );
  });

  it('survives any depth, and looks 64 levels deep', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}"deep"${']'.repeat(depth)}`;
    expect(redactedText('deep', { a: nested(64) })).toBe('[argument]');
    expect(redactedText('deep', { a: nested(65) })).toBe('deep');
    expect(redactedText('deep', { a: nested(100_000) })).toBe('deep');
  });

  it('is withheld when looking for all arguments in it would take too long', () => {
    const fields = fieldsOf({ list: Array.from({ length: 1_000 }, (_, i) => `value-${i}`) });
    expect(redactedText('x'.repeat(200_000), fields)).toMatch(/^x+$/);
    expect(redactedText('x'.repeat(200_001), fields)).toBe('[a text that is too long to look for arguments in it]');
  });

  it.each(['a', 'a.', 'a:', '://', 'a://', '@', 'a@', 'a.@', '"', 'token', 'token:', 'token="', 'bearer ', '\\', ' '])(
    'is read in time in proportion to its length: many %j',
    (part) => {
      // In time that grows with the square of the length this would take many minutes, and the test would fail.
      const text = part.repeat(1_000_000 / part.length);
      expect(redactedText(text).length).toBeGreaterThan(0);
    },
  );

  it('never holds an argument, wherever it stands, and keeps everything else', () => {
    const leaf = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme' });
    const around = fc.array(fc.constantFrom(' ', '-', 'x', '\n', '"'), { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(leaf, { minLength: 1, maxLength: 6 }),
        fc.array(around, { maxLength: 8 }),
        (leaves, gaps) => {
          const text = gaps.map((gap, i) => gap + (leaves[i % leaves.length] ?? '')).join('');
          const rest = redactedText(text, fieldsOf({ leaves })).split(/\[argument\]|\*\*\*/);
          for (const part of rest) for (const one of leaves) expect(part).not.toContain(one);
          for (const part of rest) expect(text).toContain(part);
        },
      ),
    );
  });

  it('is given for any text and any fields', () => {
    const value = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), value), (text, fields) => {
        expect(typeof redactedText(text, fields)).toBe('string');
      }),
    );
  });
});
