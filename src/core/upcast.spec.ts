import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { ERASED, Erased } from './erased.js';
import { decodeArguments, encodeArguments, lacksErased } from './event-arguments.js';
import type { EventDefinition } from './event-definition.js';
import { jsonCodec } from './json-codec.js';
import { DEFAULT_CONTENT_TYPE, NO_HEADERS, type Fields, type Message } from './message.js';
import { upcast } from './upcast.js';

const CANARY = 'canary@example.org';

class Customer {
  @Field({ type: () => String }) readonly name!: string;
  @Field({ type: () => String }) readonly email!: string;
}

/** As the first version stored it: nothing of it is a method any more. */
interface First {
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly at: string;
}

@EventsContract('orders')
class Orders {
  @ContractEvent({
    version: 3,
    upcast: [
      upcast(1, 2, {
        name: ({ first, last }: First) => `${first} ${last}`,
        at: ({ at }: First) => at.replace(' ', 'T'),
        year: ({ at }: First) => Number(at.slice(0, 4)),
      }),
      upcast(2, 3, {
        customer: ({ name, email }: { name: string; email: string }) => ({ name, email }),
        currency: () => 'EUR',
      }),
    ],
  })
  placed(
    @Personal() customer: Customer,
    at: Date,
    year: number,
    currency: string,
    @Personal({ of: () => 'ada', erasable: true }) @Field({ type: () => String }) email: string | Erased,
  ) {
    return { customer, at, year, currency, email };
  }
}

const placed = describeContract(Orders).byMethod.get('placed') as EventDefinition;
const FIRST: Fields = {
  ...{ first: '"Ada"', last: '"Lovelace"', email: `"${CANARY}"`, at: '"1843-07-10 10:00:00Z"', 'x-tenant': '"t"' },
};

function stored(type: string, fields: Fields, erased?: readonly string[]): Message {
  return {
    ...{ id: 'id', source: 'shop', type, time: 1, key: 'k', correlationId: 'c', headers: NO_HEADERS, personal: [] },
    ...{ contentType: DEFAULT_CONTENT_TYPE, fields, erased },
  };
}

const read = (type: string, fields: Fields, erased?: readonly string[]) =>
  decodeArguments(placed, stored(type, fields, erased), jsonCodec);

describe('an event of an older version', () => {
  it('is read as the present one, step by step, with its types', () => {
    const [customer, at, ...rest] = read('placed.v1', FIRST);
    expect(customer).toBeInstanceOf(Customer);
    expect(customer).toEqual({ name: 'Ada Lovelace', email: CANARY });
    expect(at).toEqual(new Date('1843-07-10T10:00:00Z'));
    expect(rest).toEqual([1843, 'EUR', CANARY]);
  });

  it('in the middle of the chain takes the rest of it', () => {
    const second = { name: '"Bo"', email: '"bo@example.org"', at: '"1900-01-01T00:00:00Z"', year: '1900' };
    expect(read('placed.v2', second).slice(1)).toEqual([
      new Date('1900-01-01T00:00:00Z'),
      1900,
      'EUR',
      'bo@example.org',
    ]);
  });

  it('of the present version meets no upcaster', () => {
    const fields = encodeArguments(placed, [{ name: 'Ada', email: CANARY }, new Date(1), 1, 'USD'], jsonCodec);
    expect(read('placed.v3', fields).slice(1)).toEqual([new Date(1), 1, 'USD', undefined]);
  });

  it('keeps what it has stored', () => {
    const fields = Object.freeze({ ...FIRST });
    read('placed.v1', fields);
    expect(fields).toEqual(FIRST);
  });
});

describe('an upcaster', () => {
  function failing(make: (old: { email: string }) => unknown): string {
    @EventsContract('orders')
    class Failing {
      @ContractEvent({ version: 2, upcast: [upcast(1, 2, { count: make as () => number })] })
      placed(count: number) {
        return { count };
      }
    }
    const event = describeContract(Failing).byMethod.get('placed') as EventDefinition;
    try {
      decodeArguments(event, stored('placed.v1', FIRST), jsonCodec);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EB_UNDECODABLE', details: { path: 'count' } });
      return `${String((error as Error).stack)} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
    }
    throw new Error('nothing was thrown');
  }

  it('that throws makes an error that names event, argument and versions, and no value', () => {
    const text = failing(({ email }) => {
      throw new Error(`no ${email}`);
    });
    expect(text).toContain('argument "count" of placed.v2 cannot be decoded: its upcaster from version 1 to 2 threw');
    expect(text).not.toContain(CANARY);
  });

  it('that gives something else than the event takes makes an error without the value', () => {
    expect(failing(({ email }) => email)).toMatch(/count is not number/);
    expect(failing(({ email }) => email)).not.toContain(CANARY);
  });

  it('that gives a promise is told so', () => {
    expect(failing(() => Promise.reject(new Error('nobody waits')))).toContain('gave a promise');
  });
});

describe('what was erased', () => {
  it('stays erased in whatever is made of it, at any step, and nothing else is', () => {
    const [customer, at, year, currency, email] = read('placed.v1', without('last'), ['last']);
    expect([customer, email]).toEqual([ERASED, CANARY]);
    expect([at, year, currency]).toEqual([new Date('1843-07-10T10:00:00Z'), 1843, 'EUR']);
  });

  it('is erased under the name that it keeps', () => {
    expect(read('placed.v1', without('email'), ['email'])[4]).toBe(ERASED);
  });

  it('is erased where an upcaster only decides by it, or throws over it', () => {
    @EventsContract('orders')
    class Decided {
      @ContractEvent({
        version: 2,
        upcast: [
          upcast(1, 2, {
            adult: ({ born }: { born: number }) => born < 2000,
            known: ({ born }: { born: number }) => born.toFixed(2),
            sure: () => true,
          }),
        ],
      })
      placed(@Personal() adult: boolean, @Personal() known: string, sure: boolean) {
        return { adult, known, sure };
      }
    }
    const event = describeContract(Decided).byMethod.get('placed') as EventDefinition;
    expect(decodeArguments(event, stored('placed.v1', {}, ['born']), jsonCodec)).toEqual([ERASED, ERASED, true]);
    // Nothing is touched where nothing was erased.
    expect(decodeArguments(event, stored('placed.v1', { born: '1990' }), jsonCodec)).toEqual([true, '1990.00', true]);
  });

  it('is missed by a handler exactly when what is made of it is not erasable', () => {
    expect(lacksErased(placed, stored('placed.v1', without('last'), ['last']), jsonCodec)).toBe(true);
    const address = stored('placed.v1', without('at'), ['nobody reads this']);
    expect(lacksErased(placed, address, jsonCodec)).toBe(false);
  });
});

describe('an older version that is a method, too', () => {
  class Product {
    @Field({ type: () => Date }) readonly made!: Date;
  }

  @EventsContract('shop')
  class Shop {
    @ContractEvent({ name: 'sold', version: 1 })
    soldV1(product: Product, @Personal() buyer: string) {
      return { product, buyer };
    }

    @ContractEvent({ name: 'sold', version: 2, upcast: [upcast(1, 2, { count: () => 1 })] })
    soldV2(product: Product, count: number, @Personal() buyer: string) {
      return { product, count, buyer };
    }

    @ContractEvent({
      version: 3,
      upcast: [upcast(2, 3, { age: ({ product }: { product: Product }) => product.made.getUTCFullYear() })],
    })
    sold(age: number, count: number, @Personal() buyer: string) {
      return { age, count, buyer };
    }
  }

  it('is given to the upcaster with its types, also in the middle of a chain', () => {
    const { byMethod } = describeContract(Shop);
    const sold = byMethod.get('sold') as EventDefinition;
    const fields = { product: '{"made":"1999-01-01T00:00:00.000Z"}', buyer: '"Ada"' };
    expect(decodeArguments(sold, stored('sold.v1', fields), jsonCodec)).toEqual([1999, 1, 'Ada']);
    expect(decodeArguments(sold, stored('sold.v2', { ...fields, count: '4' }), jsonCodec)).toEqual([1999, 4, 'Ada']);
    expect(decodeArguments(sold, stored('sold.v1', { product: fields.product }, ['buyer']), jsonCodec)[2]).toBe(ERASED);
  });
});

function without(gone: string): Fields {
  return Object.fromEntries(Object.entries(FIRST).filter(([field]) => field !== gone));
}
