import {
  IsArray,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { BackboneError, ContractEvent, EventsContract, Field, Personal, type ContractClass } from '../core/index.js';
import { asyncApiOf } from './async-api-of.js';
import { compareSchemas, type SchemaDocument } from './compare-schemas.js';

/** A class with one property. */
function withProperty(type: unknown, ...decorators: readonly PropertyDecorator[]): new () => object {
  class Data {
    declare value: unknown;
  }
  Reflect.defineMetadata('design:type', type, Data.prototype, 'value');
  for (const decorate of decorators) decorate(Data.prototype, 'value');
  return Data;
}

/** A contract with one event of one argument. */
function contractOf(type: unknown): ContractClass {
  @EventsContract('stream')
  class One {
    @ContractEvent()
    happened(@Field({ type: () => type }) data: unknown) {
      return { data };
    }
  }
  return One;
}

/** As a command line gets it: through a file. */
const documentOf = async (...contracts: readonly ContractClass[]): Promise<SchemaDocument> =>
  JSON.parse(JSON.stringify(await asyncApiOf(contracts, { title: 'test', version: '1' }))) as SchemaDocument;

async function changes(before: ContractClass, after: ContractClass): Promise<readonly string[]> {
  const found = compareSchemas(await documentOf(before), await documentOf(after));
  return found.map(({ verdict, kind, path }) => `${verdict} ${kind} ${path}`);
}

@EventsContract('stream')
class Two {
  @ContractEvent()
  happened(@Field({ type: () => String }) data: string) {
    return { data };
  }

  @ContractEvent()
  more() {
    return {};
  }
}

const VALUE = 'stream/happened.v1/data.value';

describe('a comparison of schemas', () => {
  it('finds nothing where nothing changed', async () => {
    const type = withProperty(String, IsEmail(), Length(1, 5));
    expect(await changes(contractOf(type), contractOf(type))).toEqual([]);
  });

  it('says what a gone or a new event or stream means', async () => {
    expect(await changes(Two, contractOf(String))).toEqual(['breaking event-removed stream/more.v1']);
    expect(await changes(contractOf(String), Two)).toEqual(['readers-first event-added stream/more.v1']);
    const [none, one] = [await documentOf(), await documentOf(contractOf(String))];
    expect(compareSchemas(one, none)).toMatchObject([{ verdict: 'breaking', kind: 'stream-removed', path: 'stream' }]);
    expect(compareSchemas(none, one)).toMatchObject([{ verdict: 'compatible', kind: 'stream-added' }]);
  });

  it.for<[string, unknown, unknown, readonly string[]]>([
    ['another type', String, Number, ['breaking type-changed stream/happened.v1/data']],
    ['a text that becomes a date', String, Date, ['breaking constraint-narrowed stream/happened.v1/data']],
    ['other items', [String], [Number], ['breaking type-changed stream/happened.v1/data[]']],
    ['a type that was open', Object, String, ['breaking type-narrowed stream/happened.v1/data']],
    ['a type that opens', String, Object, ['readers-first type-widened stream/happened.v1/data']],
    [
      'a member less of an enum',
      { A: 'a', B: 'b' },
      { A: 'a' },
      ['breaking constraint-narrowed stream/happened.v1/data'],
    ],
    [
      'a member more of an enum',
      { A: 'a' },
      { A: 'a', B: 'b' },
      ['readers-first constraint-widened stream/happened.v1/data'],
    ],
  ])('judges %s', async ([, before, after, expected]) => {
    expect(await changes(contractOf(before), contractOf(after))).toEqual(expected);
  });

  it.for<[string, new () => object, new () => object, readonly string[]]>([
    [
      'whole numbers only',
      withProperty(Number, IsNumber()),
      withProperty(Number, IsInt()),
      [`breaking type-narrowed ${VALUE}`],
    ],
    [
      'any number',
      withProperty(Number, IsInt()),
      withProperty(Number, IsNumber()),
      [`readers-first type-widened ${VALUE}`],
    ],
    [
      'a higher minimum',
      withProperty(Number, Min(1)),
      withProperty(Number, Min(2)),
      [`breaking constraint-narrowed ${VALUE}`],
    ],
    [
      'a lower minimum',
      withProperty(Number, Min(2)),
      withProperty(Number, Min(1)),
      [`readers-first constraint-widened ${VALUE}`],
    ],
    [
      'a lower maximum',
      withProperty(Number, Max(2)),
      withProperty(Number, Max(1)),
      [`breaking constraint-narrowed ${VALUE}`],
    ],
    [
      'a new constraint',
      withProperty(String, IsString()),
      withProperty(String, IsEmail()),
      [`breaking constraint-narrowed ${VALUE}`],
    ],
    [
      'a constraint less',
      withProperty(String, IsEmail()),
      withProperty(String, IsString()),
      [`readers-first constraint-widened ${VALUE}`],
    ],
    [
      'a list of values',
      withProperty(String, IsString()),
      withProperty(String, IsIn(['a'])),
      [`breaking constraint-narrowed ${VALUE}`],
    ],
    [
      'a property that may be absent',
      withProperty(String, IsString()),
      withProperty(String, IsOptional(), IsString()),
      [`readers-first field-optional ${VALUE}`, `readers-first type-widened ${VALUE}`],
    ],
    [
      'a property that must be there',
      withProperty(String, IsOptional(), IsString()),
      withProperty(String, IsString()),
      [`breaking field-required ${VALUE}`, `breaking type-narrowed ${VALUE}`],
    ],
    [
      'a required property that is gone',
      withProperty(String, IsString()),
      withProperty(String),
      [`breaking field-removed ${VALUE}`],
    ],
    [
      'a required property that is new',
      withProperty(String),
      withProperty(String, IsString()),
      [`breaking field-added ${VALUE}`],
    ],
    [
      'an optional property that is gone',
      withProperty(String, IsOptional()),
      withProperty(String),
      [`compatible field-removed ${VALUE}`],
    ],
    [
      'an optional property that is new',
      withProperty(String),
      withProperty(String, IsOptional()),
      [`compatible field-added ${VALUE}`],
    ],
  ])('judges %s', async ([, before, after, expected]) => {
    expect(await changes(contractOf(before), contractOf(after))).toEqual(expected);
  });

  it('judges arguments: one with a default value is optional', async () => {
    @EventsContract('stream')
    class Optional {
      @ContractEvent()
      happened(@Field({ type: () => String }) data: string, note: string = '') {
        return { data, note };
      }
    }
    @EventsContract('stream')
    class Required {
      @ContractEvent()
      happened(@Field({ type: () => String }) data: string, note: string) {
        return { data, note };
      }
    }
    expect(await changes(contractOf(String), Optional)).toEqual(['compatible field-added stream/happened.v1/note']);
    expect(await changes(contractOf(String), Required)).toEqual(['breaking field-added stream/happened.v1/note']);
    expect(await changes(Required, contractOf(String))).toEqual(['breaking field-removed stream/happened.v1/note']);
  });

  it('tells when data becomes personal', async () => {
    @EventsContract('stream')
    class Guarded {
      @ContractEvent()
      happened(@Personal() @Field({ type: () => String }) data: string) {
        return { data };
      }
    }
    expect(await changes(contractOf(String), Guarded)).toEqual(['compatible personal-changed stream/happened.v1/data']);
  });

  it('follows classes that refer to themselves, and does not care for their names', async () => {
    class Tree {
      @IsArray()
      @Field({ type: () => [Tree] })
      children!: Tree[];

      @Min(1)
      size!: number;
    }
    class Branch {
      @IsArray()
      @Field({ type: () => [Branch] })
      children!: Branch[];

      @Min(2)
      size!: number;
    }
    expect(await changes(contractOf(Tree), contractOf(Tree))).toEqual([]);
    expect(await changes(contractOf(Tree), contractOf(Branch))).toEqual([
      'breaking constraint-narrowed stream/happened.v1/data.size',
    ]);
  });

  it('puts what breaks first', async () => {
    class Before {
      @IsInt()
      a!: number;

      @IsEnum({ x: 'x' })
      b!: string;
    }
    class After {
      @IsNumber()
      a!: number;

      @IsEnum({ y: 'y' })
      b!: string;
    }
    const found = await changes(contractOf(Before), contractOf(After));
    expect(found.map((line) => line.split(' ')[0])).toEqual(['breaking', 'readers-first', 'readers-first']);
  });

  it('refuses what is no such document', async () => {
    const document = await documentOf(Two);
    for (const other of [
      undefined,
      [],
      {},
      { channels: {} },
      { ...document, channels: { a: { messages: { b: {} } } } },
    ]) {
      expect(() => compareSchemas(document, other as SchemaDocument)).toThrow(BackboneError);
      expect(() => compareSchemas(other as SchemaDocument, document)).toThrow('EB_ARGUMENT');
    }
  });
});
