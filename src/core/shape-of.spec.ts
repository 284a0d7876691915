import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { shapeOf } from './shape-of.js';

enum Color {
  Red = 'red',
  Green = 'green',
}

enum Level {
  Low,
  High = 7,
  Below = -1,
}

/** What the compiler makes of an enum in which a text member has the name of a number as its value. */
const MIXED = Object.freeze({ Zero: 0, 0: 'Zero', Named: 'Zero' });

class Item {
  declare readonly sku: string;
}

class Marked {
  @Field({ type: () => Color }) declare readonly color: Color;
  @Field({ type: () => [Level] }) declare readonly levels: readonly Level[];
}

const shape = (type: unknown) => shapeOf(type, 'argument "x" of Orders.placed');

function misfit(path: string): Error {
  return expect.objectContaining({
    code: 'EB_UNDECODABLE',
    details: expect.objectContaining({ path }) as unknown,
  }) as Error;
}

describe('a stored value', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['text', String, 'a', 'a'],
    ['a number', Number, 1.5, 1.5],
    ['a truth value', Boolean, false, false],
    ['a bigint', BigInt, 12n, 12n],
    ['a moment', Date, '2026-11-22T06:00:00.000Z', new Date('2026-11-22T06:00:00.000Z')],
    ['a moment with an offset', Date, '2026-11-22T07:00:00+01:00', new Date('2026-11-22T06:00:00Z')],
    ['a day', Date, '2026-11-22', new Date('2026-11-22')],
    ['a moment before the year 0', Date, '-000001-01-01T00:00:00.000Z', new Date('-000001-01-01T00:00:00Z')],
    ['a moment in milliseconds', Date, 0, new Date(0)],
    ['a moment that the codec revived', Date, new Date(5), new Date(5)],
    ['bytes', Uint8Array, Buffer.from('ab'), Buffer.from('ab')],
    ['a buffer', Buffer, Buffer.from('ab'), Buffer.from('ab')],
    ['an array of anything', Array, [1, 'a', null], [1, 'a', null]],
    ['an array of moments', [Date], ['1970-01-01', null], [new Date(0), null]],
    ['an array of arrays', [[Date]], [['1970-01-01'], []], [[new Date(0)], []]],
    ['an array of something', [undefined], [1, { a: 1 }], [1, { a: 1 }]],
    ['anything', Object, { a: [1] }, { a: [1] }],
    ['an unknown type', undefined, 'a', 'a'],
    ['a member of a text enum', Color, 'green', Color.Green],
    ['a member of a numeric enum', Level, 7, Level.High],
    ['a member below zero', Level, -1, Level.Below],
    ['a text member that is named like a number', MIXED, 'Zero', 'Zero'],
  ])('that is %s becomes one again', (_, type, stored, expected) => {
    expect(shape(type).revive(stored, 'x')).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['text', String],
    ['a number', Number],
    ['a bigint', BigInt],
    ['a moment', Date],
    ['bytes', Uint8Array],
    ['an array', Array],
    ['an array of items', [Item]],
    ['an enum', Color],
    ['a class', Item],
  ])('null stays null where %s was declared', (_, type) => {
    expect(shape(type).revive(null, 'x')).toBeNull();
  });

  it.each<[string, unknown, unknown, string]>([
    ['a number, for text', String, 1, 'x'],
    ['text, for a number', Number, '1', 'x'],
    ['a number, for a bigint', BigInt, 1, 'x'],
    ['text, for a truth value', Boolean, 'true', 'x'],
    ['words, for a moment', Date, 'canary 1', 'x'],
    ['a moment without its zone', Date, '2026-11-22T06:00:00', 'x'],
    ['a month that is none', Date, '2026-13-01', 'x'],
    ['an object, for a moment', Date, {}, 'x'],
    ['text, for bytes', Uint8Array, 'AA==', 'x'],
    ['an object, for an array', Array, { length: 1 }, 'x'],
    ['text, for an array', [Date], 'canary', 'x'],
    ['a wrong element', [Date], ['1970-01-01', 'canary'], 'x[1]'],
    ['a wrong element of an element', [[Number]], [[1], [1, 'canary']], 'x[1][1]'],
    ['the name of a member, for a text enum', Color, 'Green', 'x'],
    ['the name of a member, for a numeric enum', Level, 'High', 'x'],
    ['a number that is no member', Level, 3, 'x'],
    ['a number as text, for a numeric enum', Level, '7', 'x'],
    ['an array, for a class', Item, [], 'x'],
    ['text, for a class', Item, 'canary', 'x'],
    ['bytes, for a class', Item, Buffer.from('canary'), 'x'],
    ['an enum member inside a class', Marked, { color: 'canary' }, 'x.color'],
    ['an enum member in an array inside a class', Marked, { levels: [7, 99] }, 'x.levels[1]'],
  ])('that is %s, does not fit, and the error has its path', (_, type, stored, path) => {
    expect(() => shape(type).revive(stored, 'x')).toThrow(misfit(path));
    expect(() => shape(type).revive(stored, 'x')).not.toThrow(/canary/);
  });
});

describe('a value that a producer is given', () => {
  it.each<[string, unknown, unknown]>([
    ['text', String, 'a'],
    ['a number', Number, 1],
    ['a Date', Date, new Date(0)],
    ['a Buffer, for a Uint8Array', Uint8Array, Buffer.from('a')],
    ['an array with gaps of null', [Item], [{ sku: 'a' }, null]],
    ['a plain object, for a class', Item, { sku: 'a' }],
    ['an instance of the class', Item, new Item()],
    ['an enum member', Color, Color.Red],
    ['a member of a mixed enum', MIXED, 'Zero'],
    ['anything, for an unknown type', Object, new Map()],
  ])('is right: %s', (_, type, value) => {
    expect(shape(type).accepts(value)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['a number, for text', String, 1],
    ['text, for a number', Number, '1'],
    ['text, for a Date', Date, '1970-01-01'],
    ['an invalid Date', Date, new Date(NaN)],
    ['an ArrayBuffer, for bytes', Uint8Array, new ArrayBuffer(1)],
    ['a wrong element', [Date], [new Date(0), '1970-01-01']],
    ['undefined in an array', [Item], [undefined]],
    ['a Date, for a class', Item, new Date(0)],
    ['an array, for a class', Item, []],
    ['bytes, for a class', Item, Buffer.from('a')],
    ['text, for a class', Item, 'a'],
    ['the name of a member', Level, 'Low'],
    ['a number that is no member', Level, 1],
  ])('is wrong: %s', (_, type, value) => {
    expect(shape(type).accepts(value)).toBe(false);
  });
});

describe('a type that no codec brings back', () => {
  it.each([
    Map,
    Set,
    WeakMap,
    Promise,
    Function,
    Symbol,
    RegExp,
    Error,
    ArrayBuffer,
    Float64Array,
    Int8Array,
    DataView,
  ])('%o is refused at start-up, with the place and a remedy', (type) => {
    expect(() => shape(type)).toThrow(
      expect.objectContaining({
        code: 'EB_CONTRACT',
        details: { path: 'argument "x" of Orders.placed' },
        message: expect.stringMatching(`has the type ${type.name}.* use a class`) as unknown,
      }),
    );
    expect(() => shape([type])).toThrow(expect.objectContaining({ code: 'EB_CONTRACT' }));
  });

  it('is told from a class of the user that merely has its name', () => {
    const own = {
      Map: class Map {
        declare readonly width: number;
      },
    };
    expect(shape(own.Map).revive({ width: 3 }, 'x')).toBeInstanceOf(own.Map);
  });
});

describe('an enum as the type of an argument', () => {
  @EventsContract('lamps')
  class Lamps {
    @ContractEvent()
    switched(color: Color, level: Level) {
      return { color, level };
    }

    @ContractEvent()
    described(@Field({ type: () => Color }) color: Color, @Field({ type: () => [Level] }) levels: Level[]) {
      return { color, levels };
    }
  }

  it('is known from what the compiler records', () => {
    const [color, level] = describeContract(Lamps).byMethod.get('switched')?.arguments ?? [];
    expect(color?.shape.accepts(Color.Green)).toBe(true);
    expect(color?.shape.accepts(7)).toBe(false);
    expect(level?.shape.accepts(Level.High)).toBe(true);
    expect(level?.shape.accepts('green')).toBe(false);
  });

  it('is known from @Field, alone and in an array', () => {
    const [color, levels] = describeContract(Lamps).byMethod.get('described')?.arguments ?? [];
    expect(color?.shape.accepts('blue')).toBe(false);
    expect(color?.shape.accepts('red')).toBe(true);
    expect(levels?.shape.accepts([Level.Low, Level.Below])).toBe(true);
    expect(levels?.shape.accepts([5])).toBe(false);
  });
});
