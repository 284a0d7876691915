import { Ajv2020 } from 'ajv/dist/2020.js';
import { ArrayNotEmpty, IsInt, IsOptional, IsString, Length, Min, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ContractEvent, describeContract, EventsContract, Field, jsonCodec } from '../core/index.js';
import { jsonSchemaOf } from './json-schema-of.js';

class Line {
  @IsInt()
  @Min(1)
  count!: number;
}

class Order {
  @Length(1, 3)
  name!: string;

  @IsOptional()
  @IsString()
  note?: string | null;

  @ValidateNested({ each: true })
  @ArrayNotEmpty()
  @Field({ type: () => [Line] })
  lines!: Line[];
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(order: Order, amount: bigint, bytes: Uint8Array, time: Date, tags: string[], how: string = 'post') {
    return { order, amount, bytes, time, tags, how };
  }
}

const whole = (): Record<string, unknown> => ({
  order: { name: 'Ada', lines: [{ count: 1 }], note: null },
  amount: -12n,
  bytes: Buffer.from('abc'),
  time: new Date(0),
  tags: ['a'],
});

/** Tells whether an event with these arguments fits its schema, as it is stored. */
async function fits(args: Readonly<Record<string, unknown>>): Promise<boolean> {
  const [placed] = describeContract(Orders).byType.values();
  if (!placed) throw new Error('no event');
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(await jsonSchemaOf(placed));
  const written = Object.entries(args).map(([name, value]) => {
    const text = jsonCodec.encode(value);
    return [name, JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString())] as const;
  });
  return check(Object.fromEntries(written));
}

describe('an event as it is stored', () => {
  it('fits its schema', async () => {
    expect(await fits(whole())).toBe(true);
    expect(await fits({ ...whole(), how: 'train', more: 'of a newer build' })).toBe(true);
  });

  it.for<[string, Readonly<Record<string, unknown>>]>([
    ['a number for a bigint', { amount: 12 }],
    ['a text for bytes', { bytes: 'abc' }],
    ['a number for a date', { time: 0 }],
    ['a text for an array', { tags: 'a' }],
    ['a class without a required property', { order: { lines: [{ count: 1 }] } }],
    ['a text that is too long', { order: { name: 'Grace', lines: [{ count: 1 }] } }],
    ['an empty array', { order: { name: 'Ada', lines: [] } }],
    ['a wrong item', { order: { name: 'Ada', lines: [{ count: 1 }, { count: 0.5 }] } }],
    ['an optional property of another type', { order: { name: 'Ada', lines: [{ count: 1 }], note: 1 } }],
  ])('does not with %s', async ([, args]) => {
    expect(await fits({ ...whole(), ...args })).toBe(false);
  });

  it('does not without an argument', async () => {
    expect(await fits(Object.fromEntries(Object.entries(whole()).slice(1)))).toBe(false);
  });
});
