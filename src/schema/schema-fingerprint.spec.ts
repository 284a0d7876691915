import { IsInt, IsOptional, IsString, Length, Max } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ContractEvent, describeContract, EventsContract, Field, type ContractClass } from '../core/index.js';
import { schemaFingerprint } from './schema-fingerprint.js';

/** A contract with one event, whose one argument is of this class. */
function contractOf(type: unknown, options: { readonly version?: number; readonly name?: string } = {}): ContractClass {
  @EventsContract('items')
  class Items {
    @ContractEvent({ name: 'added', ...options })
    added(@Field({ type: () => type }) item: unknown) {
      return { item };
    }
  }
  return Items;
}

class Item {
  @IsInt()
  id!: number;

  @IsString()
  text!: string;
}

const fingerprint = (type: unknown, options?: Parameters<typeof contractOf>[1]) =>
  schemaFingerprint(contractOf(type, options));

describe('the fingerprint of a schema', () => {
  it('is the same in each process', async () => {
    expect(await fingerprint(Item)).toMatch(/^[0-9a-f]{32}$/);
    expect(await fingerprint(Item)).toBe(await fingerprint(Item));
    expect(await fingerprint(String)).toBe(PINNED);
  });

  it('does not change with names of classes, the order of fields and constraints', async () => {
    class Renamed {
      @Length(1, 10)
      @IsString()
      text!: string;

      @Max(9)
      @IsInt()
      id!: number;
    }
    expect(await fingerprint(Renamed)).toBe(await fingerprint(Item));
  });

  it('survives a renamed class that refers to itself', async () => {
    class Tree {
      @IsString()
      @Field({ type: () => Tree })
      next!: unknown;
    }
    class Branch {
      @IsString()
      @Field({ type: () => Branch })
      next!: unknown;
    }
    expect(await fingerprint(Branch)).toBe(await fingerprint(Tree));
  });

  it('changes with the name, the version, a field, a type, and what is required', async () => {
    class OtherField {
      @IsInt()
      id!: number;

      @IsString()
      label!: string;
    }
    class OtherType {
      @IsInt()
      id!: number;

      @IsInt()
      text!: number;
    }
    class NotRequired {
      @IsInt()
      id!: number;

      @IsOptional()
      @IsString()
      text?: string;
    }
    const all = await Promise.all([
      fingerprint(Item),
      fingerprint(Item, { version: 2 }),
      fingerprint(Item, { name: 'gone' }),
      ...[OtherField, OtherType, NotRequired, Date, String, [String]].map((type) => fingerprint(type)),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('of a contract is made of all its events, and of an event of that one', async () => {
    @EventsContract('more')
    class More {
      @ContractEvent()
      added(@Field({ type: () => Item }) item: Item) {
        return { item };
      }

      @ContractEvent()
      removed(id: number) {
        return { id };
      }
    }
    expect(await schemaFingerprint(More)).not.toBe(await fingerprint(Item));
    const [added] = describeContract(More).byType.values();
    const [alone] = describeContract(contractOf(Item)).byType.values();
    expect(added && (await schemaFingerprint(added))).toBe(alone && (await schemaFingerprint(alone)));
  });
});

/** Of `added.v1` with one text: the documents of older builds hold such values. */
const PINNED = 'd2183ba538250f1dcd778e9ea4d4425f';
