import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { upcast, type Upcaster } from './upcast.js';

/** A contract whose only event has this version and these upcasters, as JavaScript may write them. */
function placed(version: number, steps: readonly Upcaster[]): () => unknown {
  @EventsContract('orders')
  class Orders {
    @ContractEvent({ version, upcast: steps })
    placed(customer: string, currency: string) {
      return { customer, currency };
    }
  }
  return () => describeContract(Orders);
}

describe('upcasters that cannot work are refused with the place and a remedy:', () => {
  it.each([
    ['a gap at the end', 3, [upcast(1, 2, {})], /nothing leads from version 2 of placed on; add upcast\(2, 3, /],
    ['a gap in between', 4, [upcast(1, 2, {}), upcast(3, 4, {})], /nothing leads from version 2 of placed on/],
    ['a version that is jumped over', 3, [upcast(1, 3, {})], /nothing leads from version 2 .*add upcast\(2, 3/],
    [
      'a circle',
      2,
      [upcast(1, 2, {}), upcast(2, 1, {})],
      /upcast\(2, 1\); an upcaster leads from an older version to a/,
    ],
    ['one that leads to itself', 2, [upcast(2, 2, {})], /upcast\(2, 2\); an upcaster leads from an older/],
    ['two from one version', 2, [upcast(1, 2, {}), upcast(1, 2, {})], /version 1 is upcast to 2 already; keep one/],
    ['one above the event', 2, [upcast(1, 2, {}), upcast(2, 3, {})], /upcast\(2, 3\), and is version 2 itself; raise/],
    ['a version that is none', 2, [upcast(0.5, 2, {})], /an upcaster that is none/],
    ['what is no upcaster', 2, ['1 to 2' as never], /an upcaster that is none/],
    ['what is no list', 2, upcast(1, 2, {}) as never, /no list; write upcast: \[upcast/],
    ['what is no function', 2, [upcast(1, 2, { currency: 'EUR' as never })], /no function for "currency"/],
    [
      'an argument that there is not',
      2,
      [upcast(1, 2, { curency: () => 'EUR' })],
      /makes "curency".*: customer, currency/,
    ],
  ])('%s', (_, version, steps, message) => {
    expect(placed(version, steps)).toThrow(
      expect.objectContaining({
        code: 'EB_CONTRACT',
        details: { path: 'Orders.placed' },
        message: expect.stringMatching(message) as unknown,
      }),
    );
  });

  it('a version that passes over one which is read, too', () => {
    @EventsContract('orders')
    class Orders {
      @ContractEvent({ name: 'placed', version: 3, upcast: [upcast(1, 2, {})] })
      placedV3(customer: string) {
        return { customer };
      }

      @ContractEvent({ version: 4, upcast: [upcast(2, 4, {}), upcast(3, 4, {})] })
      placed(customer: string) {
        return { customer };
      }
    }
    expect(() => describeContract(Orders)).toThrow(
      /Orders.placedV3 .*version 1 of placed passes it over; let an upcaster/,
    );
  });

  it('a deprecation that is none', () => {
    @EventsContract('orders')
    class Orders {
      @ContractEvent({ deprecated: 'read' as never })
      placed(customer: string) {
        return { customer };
      }
    }
    expect(() => describeContract(Orders)).toThrow(/EB_CONTRACT.*'produce', 'handle' and true/);
  });
});

describe('the types of a contract that can be read', () => {
  it('are its own and the older ones, which go to the next version on their way', () => {
    @EventsContract('orders')
    class Orders {
      @ContractEvent({ version: 4, upcast: [upcast(2, 3, {}), upcast(1, 2, {}), upcast(3, 4, {})] })
      placed(customer: string) {
        return { customer };
      }

      @ContractEvent({ name: 'placed', version: 2 })
      placedV2(customer: string) {
        return { customer };
      }

      @ContractEvent()
      packed(customer: string) {
        return { customer };
      }
    }
    const { readable, byType } = describeContract(Orders);
    const methods = Object.fromEntries([...readable].map(([type, { method }]) => [type, method]));
    const [one, two, three, four] = ['placed.v1', 'placed.v2', 'placed.v3', 'placed.v4'] as const;
    expect(methods).toEqual({
      [one]: 'placedV2',
      [two]: 'placedV2',
      [three]: 'placed',
      [four]: 'placed',
      'packed.v1': 'packed',
    });
    expect([...byType.keys()].sort()).toEqual(['packed.v1', two, four]);
    expect([...(byType.get(four)?.upcasts?.keys() ?? [])].sort()).toEqual([one, two, three]);
  });
});
