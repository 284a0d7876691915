import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { decodeArguments, encodeArguments } from './event-arguments.js';
import { jsonCodec } from './json-codec.js';
import { isBackboneError } from './errors.js';
import type { Fields } from './message.js';

class Address {
  declare readonly street: string;
}

class User {
  @Field({ type: () => Date }) declare readonly born: Date;
  @Field({ type: () => [Address] }) declare readonly addresses: Address[];
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(user: User, count: number, time: Date, @Field({ type: () => [Date] }) times: Date[], any: unknown) {
    return { user, count, time, times, any };
  }
}

const [placed] = [...describeContract(Orders).byMethod.values()];
if (!placed) throw new Error('no event');
const event = placed;
const FIELDS = ['user', 'count', 'time', 'times', 'any'];

const dangerous = fc.constantFrom('__proto__', 'constructor', 'prototype', '\\u005f_proto__');
const { text: json } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom('"1970-01-01T00:00:00.000Z"', '{"$bigint":"1"}', '{"$bytes":"AA=="}', '1e999', '-0', 'null'),
    fc.array(tie('text'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(fc.oneof(dangerous, fc.constantFrom('born', 'addresses', 'street', 'a')), tie('text')), {
        maxLength: 3,
      })
      .map((entries) => `{${entries.map(([name, value]) => `"${name}":${value}`).join()}}`),
  ),
}));
const stored = fc.oneof(
  { weight: 5, arbitrary: json },
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 60 }),
  json.map((text) => new TextEncoder().encode(text)),
  fc.record({ store: fc.string(), size: fc.nat() }),
  fc.nat({ max: 2_000 }).map((levels) => '['.repeat(levels) + ']'.repeat(levels)),
  fc.nat({ max: 300_000 }).map((length) => `"${'x'.repeat(length)}"`),
);
const names = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...FIELDS) }, dangerous, fc.string());
const anyFields = fc
  .uniqueArray(fc.tuple(names, stored), { maxLength: 6, selector: ([name]) => name })
  .map((entries) => Object.fromEntries(entries) as Fields);

describe('fields from anywhere', () => {
  it('are either the arguments of the event or undecodable, and never change what every object inherits', () => {
    const before = Object.getOwnPropertyDescriptors(Object.prototype);
    fc.assert(
      fc.property(anyFields, (fields) => {
        const args = outcome(fields);
        expect(Object.getOwnPropertyDescriptors(Object.prototype)).toEqual(before);
        if (args === undefined) return;
        expect(args).toHaveLength(FIELDS.length);
        const [user, count, time, times] = args;
        expect(user === undefined || user === null || user instanceof User).toBe(true);
        expect(count === undefined || count === null || typeof count === 'number').toBe(true);
        expect(time === undefined || time === null || time instanceof Date).toBe(true);
        expect(times === undefined || times === null || Array.isArray(times)).toBe(true);
        for (const arg of args) expect(reachesPrototype(arg)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('come back as the arguments that they were made of', () => {
    const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) });
    const user = fc.record({ born: date, addresses: fc.array(fc.record({ street: fc.string({ unit: 'binary' }) })) });
    const optional = <T>(arbitrary: fc.Arbitrary<T>) =>
      fc.option(fc.option(arbitrary, { nil: null }), { nil: undefined });
    const args = fc.tuple(
      optional(
        user.map(({ born, addresses }) =>
          revived(User, { born, addresses: addresses.map((a) => revived(Address, a)) }),
        ),
      ),
      optional(fc.integer()),
      optional(date),
      optional(fc.array(date)),
      optional(fc.oneof(fc.string(), fc.bigInt(), fc.boolean())),
    );
    fc.assert(
      fc.property(args, (given) => {
        expect(
          decodeArguments(event, { type: event.type, fields: encodeArguments(event, given, jsonCodec) }, jsonCodec),
        ).toStrictEqual(given);
      }),
      { numRuns: 500 },
    );
  });
});

/** The arguments; nothing when the fields were refused as they should be. */
function outcome(fields: Fields): readonly unknown[] | undefined {
  try {
    return decodeArguments(event, { type: event.type, fields }, jsonCodec);
  } catch (error) {
    if (isBackboneError(error, 'EB_UNDECODABLE')) return undefined;
    throw error;
  }
}

/** Whether there is an own property, anywhere in it, by which a prototype could be changed. */
function reachesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(
    ([name, inner]) => ['__proto__', 'constructor', 'prototype'].includes(name) || reachesPrototype(inner),
  );
}

function revived<T extends object>(type: new () => T, data: T): T {
  return Object.assign(new type(), data);
}
