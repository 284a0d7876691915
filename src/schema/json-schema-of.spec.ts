import {
  Allow,
  ArrayMaxSize,
  ArrayNotEmpty,
  Contains,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsMobilePhone,
  IsNotEmpty,
  IsOptional,
  IsPositive,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  MinLength,
  registerDecorator,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  Field,
  Personal,
  type EventDefinition,
} from '../core/index.js';
import { jsonSchemaOf } from './json-schema-of.js';

enum Size {
  Small,
  Large,
}
enum Color {
  Red = 'red',
  Blue = 'blue',
}

class Address {
  @Matches(/^\d{5}$/)
  zip!: string;
}

class Customer {
  @IsInt()
  @IsPositive()
  id!: number;

  @IsEmail()
  email!: string;

  @Length(1, 100)
  name!: string;

  @IsOptional()
  @Min(0)
  @Max(150)
  age?: number;

  @ValidateNested()
  address!: Address;

  @IsString({ each: true })
  @MinLength(2, { each: true })
  @ArrayNotEmpty()
  @ArrayMaxSize(5)
  tags!: string[];

  @IsEnum(Color)
  color!: Color;

  @Allow()
  anything!: string;

  @IsMobilePhone('de-DE')
  phone!: string;

  get label(): string {
    return this.name;
  }
}

class Node {
  @ValidateNested({ each: true })
  @Field({ type: () => [Node] })
  children!: Node[];
}

class Undecorated {
  name = '';
}

class Sealed {
  @IsString()
  secret!: string;

  toJSON(): object {
    return {};
  }
}

@EventsContract('everything')
class Everything {
  @ContractEvent({ version: 3 })
  builtIns(text: string, amount: number, flag: boolean, big: bigint, bytes: Uint8Array, time: Date, list: string[]) {
    return { text, amount, flag, big, bytes, time, list };
  }

  @ContractEvent()
  declared(
    @Field({ type: () => Size }) size: Size,
    @Field({ type: () => [Color] }) colors: Color[],
    @Field({ type: () => [Date] }) times: Date[],
    union: string | number,
    note: string = '',
  ) {
    return { size, colors, times, union, note };
  }

  @ContractEvent()
  registered(@Personal() customer: Customer, node: Node, undecorated: Undecorated, sealed: Sealed) {
    return { customer, node, undecorated, sealed };
  }

  @ContractEvent()
  split(
    @Field({
      segments: {
        split: (c: Customer) => ({ open: c.id, hidden: c.email }),
        join: () => new Customer(),
        personal: ['hidden'],
      },
    })
    customer: Customer,
  ) {
    return { customer };
  }
}

const event = (method: string): EventDefinition => {
  const found = describeContract(Everything).byMethod.get(method);
  if (!found) throw new Error(`no event ${method}`);
  return found;
};

/** The schema of a class whose one property carries these decorators. */
async function propertyOf(type: unknown, ...decorators: readonly PropertyDecorator[]) {
  class Data {
    declare value: unknown;
  }
  Reflect.defineMetadata('design:type', type, Data.prototype, 'value');
  for (const decorate of decorators) decorate(Data.prototype, 'value');
  @EventsContract('one')
  class One {
    @ContractEvent()
    happened(@Field({ type: () => Data }) data: Data) {
      return { data };
    }
  }
  const [happened] = describeContract(One).byType.values();
  const schema = await jsonSchemaOf(happened as EventDefinition);
  const { properties, required = [] } = schema.$defs?.['Data'] ?? {};
  return { schema: properties?.['value'], isRequired: required.includes('value') };
}

describe('the JSON Schema of an event', () => {
  it('says how the codec writes the built-in types', async () => {
    expect(await jsonSchemaOf(event('builtIns'))).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'builtIns.v3',
      type: 'object',
      properties: {
        text: { type: 'string' },
        amount: { type: 'number' },
        flag: { type: 'boolean' },
        big: {
          type: 'object',
          properties: { $bigint: { type: 'string', pattern: '^-?\\d+$' } },
          required: ['$bigint'],
          additionalProperties: false,
        },
        bytes: {
          type: 'object',
          properties: { $bytes: { type: 'string', contentEncoding: 'base64' } },
          required: ['$bytes'],
          additionalProperties: false,
        },
        time: { type: 'string', format: 'date-time' },
        list: { type: 'array' },
      },
      required: ['text', 'amount', 'flag', 'big', 'bytes', 'time', 'list'],
    });
  });

  it('knows enums, arrays of declared items and arguments with a default', async () => {
    const { properties, required } = await jsonSchemaOf(event('declared'));
    expect(properties).toEqual({
      size: { type: 'number', enum: [0, 1] },
      colors: { type: 'array', items: { type: 'string', enum: ['red', 'blue'] } },
      times: { type: 'array', items: { type: 'string', format: 'date-time' } },
      union: {},
      note: { type: 'string' },
    });
    expect(required).toEqual(['size', 'colors', 'times', 'union']);
  });

  it('describes each class once, with what is checked of it, and marks personal arguments', async () => {
    const { properties, $defs } = await jsonSchemaOf(event('registered'));
    expect(properties?.['customer']).toEqual({ allOf: [{ $ref: '#/$defs/Customer' }], 'x-personal': true });
    expect($defs?.['Customer']).toEqual({
      title: 'Customer',
      type: 'object',
      properties: {
        id: { type: 'integer', exclusiveMinimum: 0 },
        email: { type: 'string', format: 'email' },
        name: { type: 'string', minLength: 1, maxLength: 100 },
        age: { anyOf: [{ type: 'number', minimum: 0, maximum: 150 }, { type: 'null' }] },
        address: { $ref: '#/$defs/Address' },
        tags: { type: 'array', items: { type: 'string', minLength: 2 }, minItems: 1, maxItems: 5 },
        color: { type: 'string', enum: ['red', 'blue'] },
        anything: { type: 'string' },
        phone: { type: 'string', 'x-checks': ['isMobilePhone'] },
      },
      required: expect.arrayContaining(['id', 'email', 'name', 'tags', 'color', 'phone']) as string[],
    });
    expect($defs?.['Customer']?.required).toHaveLength(6);
    expect($defs?.['Address']?.properties).toEqual({ zip: { type: 'string', pattern: '^\\d{5}$' } });
  });

  it('says of itself what refers to itself', async () => {
    const { $defs } = await jsonSchemaOf(event('registered'));
    expect($defs?.['Node']?.properties).toEqual({ children: { type: 'array', items: { $ref: '#/$defs/Node' } } });
  });

  it('says no more than is known of a class without decorators, or one that writes itself', async () => {
    const { $defs } = await jsonSchemaOf(event('registered'));
    expect($defs?.['Undecorated']).toEqual({ title: 'Undecorated', type: 'object' });
    expect($defs?.['Sealed']).toEqual({ title: 'Sealed', type: 'object' });
  });

  it('gives the parts of an argument with segments by their names', async () => {
    expect(await jsonSchemaOf(event('split'))).toMatchObject({
      properties: { 'customer.hidden': { 'x-personal': true } },
      patternProperties: { '^customer\\.': {} },
      required: [],
    });
  });

  it('keeps two classes of one name apart', async () => {
    const named = () => {
      class Item {
        @IsString()
        text!: string;
      }
      return Item;
    };
    const [First, Second] = [named(), named()];
    @EventsContract('twins')
    class Twins {
      @ContractEvent()
      met(@Field({ type: () => First }) a: object, @Field({ type: () => Second }) b: object) {
        return { a, b };
      }
    }
    const [met] = describeContract(Twins).byType.values();
    const { properties, $defs } = await jsonSchemaOf(met as EventDefinition);
    expect(properties).toEqual({ a: { $ref: '#/$defs/Item' }, b: { $ref: '#/$defs/Item2' } });
    expect(Object.keys($defs ?? {})).toEqual(['Item', 'Item2']);
  });
});

describe('a check of class-validator', () => {
  it('is told by name where JSON Schema has no word for it', async () => {
    const own = (target: object, propertyName: string | symbol): void =>
      registerDecorator({
        ...{ name: 'isPrime', target: target.constructor, propertyName: String(propertyName), options: {} },
        validator: { validate: () => true },
      });
    expect(await propertyOf(Number, own)).toEqual({
      schema: { type: 'number', 'x-checks': ['isPrime'] },
      isRequired: false,
    });
  });

  it('is not said of every value when it is made at times only', async () => {
    expect(
      await propertyOf(
        String,
        ValidateIf(() => false),
        IsEmail(),
      ),
    ).toEqual({
      schema: { type: 'string', 'x-checks': ['isEmail'] },
      isRequired: false,
    });
    const { schema } = await propertyOf(String, IsEmail(undefined, { validateIf: () => false }));
    expect(schema).toEqual({ type: 'string', 'x-checks': ['isEmail'] });
  });

  it('gives no pattern that would mean something else', async () => {
    expect((await propertyOf(String, Matches(/^a$/i))).schema).toEqual({ type: 'string', 'x-checks': ['matches'] });
    expect((await propertyOf(String, Matches('^\\_$'))).schema).toEqual({ type: 'string', 'x-checks': ['matches'] });
    expect((await propertyOf(String, Contains('a.b'))).schema).toEqual({ type: 'string', pattern: 'a\\.b' });
  });

  it('stands beside another one, and of two bounds the narrower counts', async () => {
    expect((await propertyOf(Number, Min(1), Min(5), Max(9), Max(7))).schema).toEqual({
      ...{ type: 'number', minimum: 5, maximum: 7 },
    });
    expect((await propertyOf(String, Matches(/b/), Matches(/a/))).schema).toEqual({
      ...{ type: 'string', pattern: 'a', allOf: [{ pattern: 'b' }] },
    });
    expect((await propertyOf(Number, IsNotEmpty())).schema).toEqual({ type: 'number' });
    expect((await propertyOf(String, IsIn(['a', 'b']))).schema).toEqual({ type: 'string', enum: ['a', 'b'] });
  });

  it('gives a type where nothing was declared', async () => {
    expect((await propertyOf(Object, IsEmail())).schema).toEqual({ type: 'string', format: 'email' });
    expect((await propertyOf(Object, IsInt())).schema).toEqual({ type: 'integer' });
  });
});
