import { describe, expect, it } from 'vitest';
import type { Codec } from './codec.js';
import { ContractEvent, EventsContract, Field } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { decodeArguments, encodeArguments } from './event-arguments.js';
import { jsonCodec } from './json-codec.js';
import type { Fields } from './message.js';

class User {
  @Field({ type: () => Date }) declare readonly born: Date;
  declare readonly email: string;

  set broken(value: string) {
    throw new Error(`cannot hold ${value}`);
  }
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(
    user: User,
    count: number,
    note: string,
    @Field({ type: () => [Date] }) times: Date[],
    @Field('valueOf') any: unknown,
  ) {
    return { user, count, note, times, any };
  }
}

const event = [...describeContract(Orders).byMethod.values()].find(({ method }) => method === 'placed');
if (!event) throw new Error('no event');
const placed = event;
const CANARY = 'canary@example.org';

const encode = (args: readonly unknown[], codec: Codec = jsonCodec) => encodeArguments(placed, args, codec);
const decode = (fields: Fields, codec: Codec = jsonCodec) =>
  decodeArguments(placed, { type: placed.type, fields }, codec);

/** Everything of an error that can end up in a log. */
function everythingOf(run: () => unknown): { readonly error: unknown; readonly text: string } {
  try {
    run();
  } catch (error) {
    const { message, stack, cause } = error as Error;
    return { error, text: [message, stack, String(cause), JSON.stringify(error)].join('\n') };
  }
  throw new Error('nothing was thrown');
}

describe('the arguments of an event', () => {
  it('are a field each, and come back with their types', () => {
    const times = [new Date(1), new Date(2)];
    const fields = encode([{ born: new Date(0), email: CANARY }, 3, 'a', times, { n: 1n }]);
    expect(fields).toMatchObject({ count: '3', note: '"a"', valueOf: '{"n":{"$bigint":"1"}}' });
    const [user, ...rest] = decode(fields);
    expect(user).toBeInstanceOf(User);
    expect(user).toMatchObject({ born: new Date(0), email: CANARY });
    expect(rest).toEqual([3, 'a', times, { n: 1n }]);
  });

  it('that are undefined or left out have no field, and come back undefined', () => {
    const fields = encode([undefined, 3]);
    expect(Object.keys(fields)).toEqual(['count']);
    expect(decode(fields)).toEqual([undefined, 3, undefined, undefined, undefined]);
  });

  it('that are null have a field, and come back null', () => {
    const fields = encode([null, null, null, null, null]);
    expect(fields).toMatchObject({ user: 'null', count: 'null' });
    expect(decode(fields)).toEqual([null, null, null, null, null]);
  });

  it('are not found among what every object inherits', () => {
    expect(decode({})).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(decode({ count: '3' })[4]).toBeUndefined();
  });

  it('are decoded from bytes as well as from text', () => {
    expect(decode({ count: new TextEncoder().encode('3') })[1]).toBe(3);
  });

  it('that are too many are refused', () => {
    expect(() => encode([null, null, null, null, null, CANARY])).toThrow(
      expect.objectContaining({
        code: 'EB_ARGUMENT',
        details: { path: 'arguments[5]', constraint: 'at most 5 arguments' },
      }),
    );
  });
});

describe('an argument that cannot be stored', () => {
  class Leaky {
    readonly email = CANARY;
    toJSON(): never {
      throw new Error(`cannot write ${this.email}`);
    }
  }

  it.each<[string, readonly unknown[], string, string]>([
    ['text for a class', [CANARY], 'user', 'User'],
    ['text for a number', [null, CANARY], 'count', 'number'],
    ['NaN', [null, NaN, CANARY], 'count', 'finite'],
    ['a wrong array', [null, 1, '', [CANARY]], 'times', 'array of Date'],
    ['an invalid Date below', [{ born: new Date(NaN), email: CANARY }], 'user.born', 'date'],
    ['undefined in an array below', [{ email: [CANARY, undefined] }], 'user.email[1]', 'defined'],
    ['a Map of data', [null, 1, '', [], new Map([[CANARY, CANARY]])], 'valueOf', 'encodable'],
    ['a function below', [null, 1, '', [], [() => CANARY]], 'valueOf[0]', 'encodable'],
    ['a dangerous property', [null, 1, '', [], { constructor: CANARY }], 'valueOf.constructor', 'property'],
    ['an object that cannot be written', [new Leaky()], 'user', 'encodable'],
  ])('(%s) is refused with its path and constraint, and quoted nowhere', (_, args, path, constraint) => {
    const { error, text } = everythingOf(() => encode(args));
    expect(error).toMatchObject({ code: 'EB_ARGUMENT', details: { path, constraint } });
    expect(text).toContain(path.split(/[.[]/)[0]);
    expect(text).not.toContain(CANARY);
  });

  it('because of a codec of the application is refused without what that codec said', () => {
    const codec: Codec = { ...jsonCodec, encode: (value) => fail(value) };
    const { error, text } = everythingOf(() => encode([null, 1, CANARY], codec));
    expect(error).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'user', constraint: 'encodable' } });
    expect(text).not.toContain(CANARY);
  });
});

describe('a field that cannot be read', () => {
  it.each<[string, Fields, string]>([
    ['no JSON', { note: CANARY }, 'note'],
    ['JSON cut short', { note: `"${CANARY}` }, 'note'],
    ['bytes that are no text', { note: Uint8Array.of(0xff) }, 'note'],
    ['a bigint that is none', { valueOf: `{"$bigint":"${CANARY}"}` }, 'valueOf'],
    ['a dangerous property', { user: `{"__proto__":{"email":"${CANARY}"}}` }, 'user'],
    ['20,000 levels', { valueOf: '['.repeat(20_000) + ']'.repeat(20_000) }, 'valueOf'],
    ['another type', { count: `"${CANARY}"` }, 'count'],
    ['another type in an array', { times: `["1970-01-01","${CANARY}"]` }, 'times[1]'],
    ['another type below', { user: `{"born":"${CANARY}"}` }, 'user.born'],
    ['data that a setter refuses', { user: `{"broken":"${CANARY}"}` }, 'user'],
    ['a reference to a store that is not set up', { note: { store: 'files', size: 3 } }, 'note'],
  ])('(%s) is undecodable, with its path, and quoted nowhere', (_, fields, path) => {
    const { error, text } = everythingOf(() => decode(fields));
    expect(error).toMatchObject({ code: 'EB_UNDECODABLE', details: { path } });
    expect(text).not.toContain(CANARY);
  });

  it('because of a codec of the application is undecodable without what that codec said', () => {
    const codec: Codec = { contentType: 'application/x-own', encode: () => '', decode: (data) => fail(data) };
    const { error, text } = everythingOf(() => decode({ note: CANARY }, codec));
    expect(error).toMatchObject({ code: 'EB_UNDECODABLE', details: { path: 'note' } });
    expect(text).toContain('it is not application/x-own');
    expect(text).not.toContain(CANARY);
  });
});

function fail(value: unknown): never {
  throw new Error(`cannot handle ${String(value)} ${CANARY}`);
}
