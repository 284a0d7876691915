import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from './json-codec.js';

const encode = (value: unknown) => jsonCodec.encode(value) as string;
const roundTrip = (value: unknown) => jsonCodec.decode(jsonCodec.encode(value));

/** Wraps a value so many levels deep. */
function nested(levels: number, innermost: unknown = 'x'): unknown {
  let value = innermost;
  for (let i = 0; i < levels; i += 1) value = { in: value };
  return value;
}

function refusal(path: string, constraint: string): Error {
  return expect.objectContaining({ code: 'EB_ARGUMENT', details: { path, constraint } }) as Error;
}

const undecodable = expect.objectContaining({ code: 'EB_UNDECODABLE' }) as Error;

describe('a value that goes through JSON', () => {
  const names = fc
    .string({ unit: 'binary', maxLength: 8 })
    .filter((name) => !['__proto__', 'prototype', 'constructor', '$bigint', '$bytes'].includes(name));
  const leaves = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.bigInt(),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      leaves,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  it('comes back as it was, and its original is left alone', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = encode(value);
        const after = jsonCodec.decode(text);
        expect(after).toEqual(value);
        expect(encode(value)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('comes back the same from bytes', () => {
    const bytes = new TextEncoder().encode(encode({ text: 'größer than €', n: 12n }));
    expect(jsonCodec.decode(bytes)).toEqual({ text: 'größer than €', n: 12n });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(jsonCodec.decode(shifted.subarray(3))).toEqual({ text: 'größer than €', n: 12n });
  });

  it('keeps null, and leaves out a property that is undefined', () => {
    expect(roundTrip({ a: null, b: undefined, c: [null] })).toStrictEqual({ a: null, c: [null] });
    expect(roundTrip({ a: 1n, b: undefined })).toStrictEqual({ a: 1n });
  });

  it('becomes 0 when it is -0', () => {
    expect(roundTrip(-0)).toBe(0);
    expect(roundTrip([-0])).toStrictEqual([0]);
  });

  it('keeps a lone surrogate', () => {
    expect(roundTrip('a\ud800b')).toBe('a\ud800b');
    expect(roundTrip({ 'k\udfff': ['\udc00'] })).toEqual({ 'k\udfff': ['\udc00'] });
    expect(encode('\ud800')).toBe(String.raw`"\ud800"`);
  });

  it('is bytes again when it was a Uint8Array, a part of one, or a Buffer', () => {
    const whole = Uint8Array.of(1, 2, 3);
    for (const bytes of [whole, whole.subarray(1), Buffer.from(whole), new Uint8Array(0)]) {
      expect(roundTrip(bytes)).toEqual(Buffer.from(bytes));
      expect(roundTrip({ in: [bytes] })).toEqual({ in: [Buffer.from(bytes)] });
    }
  });

  it('is the ISO text of a Date', () => {
    expect(roundTrip({ at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('is what toJSON gives, wherever that stands', () => {
    class Money {
      constructor(private readonly cents: bigint) {}
      toJSON() {
        return { cents: this.cents };
      }
    }
    expect(roundTrip(new Money(5n))).toEqual({ cents: 5n });
    expect(roundTrip({ prices: [new Money(5n)] })).toEqual({ prices: [{ cents: 5n }] });
    expect(roundTrip({ gone: { toJSON: () => undefined }, b: 1 })).toEqual({ b: 1 });
  });

  it('may be nested 64 levels deep, whatever stands at the bottom', () => {
    for (const innermost of ['x', 1, null, [], {}]) {
      const levels = typeof innermost === 'object' && innermost !== null ? 63 : 64;
      expect(roundTrip(nested(levels, innermost))).toEqual(nested(levels, innermost));
    }
    expect(roundTrip(nested(63, 12n))).toEqual(nested(63, 12n));
    expect(roundTrip(nested(63, Buffer.from('ab')))).toEqual(nested(63, Buffer.from('ab')));
  });

  it('may hold properties of any name that reaches no prototype', () => {
    const names = { toString: 1, valueOf: 2, hasOwnProperty: 3, __defineGetter__: 4, '': 5, 'a.b': 6 };
    expect(roundTrip(names)).toEqual(names);
  });
});

describe('a value that JSON would change in silence', () => {
  class Weird {
    readonly inner = new Map();
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const sparse: unknown[] = [1];
  sparse[2] = 3;

  it.each<[string, unknown, string, string]>([
    ['NaN', NaN, '', 'finite'],
    ['Infinity', Infinity, '', 'finite'],
    ['NaN in an object', { a: [{ b: NaN }] }, 'a[0].b', 'finite'],
    ['-Infinity beside a bigint', { a: 1n, b: -Infinity }, 'b', 'finite'],
    ['an invalid Date', { at: new Date(NaN) }, 'at', 'date'],
    ['a Map', { a: new Map() }, 'a', 'encodable'],
    ['a Set', [new Set()], '[0]', 'encodable'],
    ['a Map in a class instance', new Weird(), 'inner', 'encodable'],
    ['a regular expression', { a: /x/ }, 'a', 'encodable'],
    ['a promise', { a: Promise.resolve() }, 'a', 'encodable'],
    ['an error', { a: new Error('x') }, 'a', 'encodable'],
    ['a Float64Array', { a: new Float64Array(2) }, 'a', 'encodable'],
    ['an ArrayBuffer', { a: new ArrayBuffer(2) }, 'a', 'encodable'],
    ['a number object', { a: Object(NaN) as unknown }, 'a', 'encodable'],
    ['a bigint object', { a: Object(1n) as unknown }, 'a', 'encodable'],
    ['a function', { a: () => 1 }, 'a', 'encodable'],
    ['a symbol', { a: [Symbol('s')] }, 'a[0]', 'encodable'],
    ['undefined in an array', { a: [1, undefined] }, 'a[1]', 'defined'],
    ['a hole in an array', { a: sparse }, 'a[1]', 'defined'],
    ['an object that stands for undefined, in an array', [{ toJSON: () => undefined }], '[0]', 'defined'],
    ['an object that stands for undefined', { toJSON: () => undefined }, '', 'encodable'],
    ['an object that stands for NaN', { a: { toJSON: () => NaN } }, 'a', 'finite'],
    ['an object that stands for a Map', { a: { toJSON: () => new Map() } }, 'a', 'encodable'],
    ['a property of the codec, $bigint', { a: { $bigint: '1' } }, 'a.$bigint', 'property'],
    ['a property of the codec, $bytes', { $bytes: 'AA==' }, '$bytes', 'property'],
    ['an own __proto__', { a: JSON.parse('{"__proto__":1}') as unknown }, 'a.__proto__', 'property'],
    ['a constructor', { a: [{ constructor: 1 }] }, 'a[0].constructor', 'property'],
    ['a prototype', { prototype: {} }, 'prototype', 'property'],
  ])('%s, is refused with its path', (_, value, path, constraint) => {
    expect(() => encode(value)).toThrow(refusal(path, constraint));
  });

  it.each<[string, unknown]>([
    ['a cycle', cycle],
    ['65 levels', nested(65)],
    ['64 levels around a bigint, whose mark is one more', nested(64, 12n)],
    ['64 levels around bytes, whose mark is one more', nested(64, Buffer.from('ab'))],
    ['20,000 levels', nested(20_000)],
    ['an object that always stands for another one', endless()],
  ])('%s, is refused for its depth, with a short path', (_, value) => {
    expect(() => encode(value)).toThrow(
      expect.objectContaining({
        code: 'EB_ARGUMENT',
        details: { path: expect.stringMatching(/^.{0,203}$/) as unknown, constraint: 'depth' },
      }),
    );
  });
});

function endless(): object {
  return { toJSON: endless };
}

describe('text that hides something', () => {
  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"b":{"__proto__":null}}]}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '[{"prototype":1}]',
    String.raw`{"\u005f_proto__":{"admin":true}}`,
  ])('%s is refused', (text) => {
    expect(() => jsonCodec.decode(text)).toThrow(undecodable);
  });

  it('never touches what every object inherits', () => {
    const before = Object.getOwnPropertyDescriptors(Object.prototype);
    const keys = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'a'), fc.string({ maxLength: 3 }));
    const { value: texts } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue().map((value) => JSON.stringify(value)),
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
        fc
          .uniqueArray(fc.tuple(keys, tie('value')), { maxLength: 3, selector: ([key]) => key })
          .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`),
      ),
    }));
    fc.assert(
      fc.property(texts, (text) => {
        const dangerous = /"(__proto__|prototype|constructor)":/.test(text);
        expect(outcome(text)).toBe(dangerous ? 'EB_UNDECODABLE' : 'decoded');
        expect(Object.getOwnPropertyDescriptors(Object.prototype)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, string]>([
    ['20,000 arrays in each other', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['20,000 objects in each other', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)],
    ['65 arrays in each other', '['.repeat(65) + ']'.repeat(65)],
    ['20,000 brackets that never close', '['.repeat(20_000)],
    ['nothing', ''],
    ['no JSON', 'secret words'],
    ['a bigint with letters', '{"$bigint":"12secret"}'],
    ['a bigint with a point', '{"$bigint":"1.5"}'],
    ['an empty bigint', '{"$bigint":""}'],
    ['bytes that are no base64', '{"$bytes":"not base64!"}'],
    ['bytes cut short', '{"$bytes":"AAA"}'],
  ])('%s is undecodable, and never quoted', (_, text) => {
    let thrown: unknown;
    try {
      jsonCodec.decode(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'EB_UNDECODABLE' });
    expect(String((thrown as Error).stack)).not.toMatch(/secret|not base64!/);
  });

  it('in bytes that are no UTF-8 is undecodable', () => {
    expect(() => jsonCodec.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(undecodable);
  });

  it("is left as it is where it only looks like the codec's own", () => {
    const lookAlikes = { a: { $bigint: 12 }, b: { $bytes: null }, c: { $bigint: '12', more: 1 }, d: ['$bigint'] };
    expect(jsonCodec.decode(JSON.stringify(lookAlikes))).toEqual(lookAlikes);
  });
});

function outcome(text: string): unknown {
  try {
    jsonCodec.decode(text);
    return 'decoded';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
