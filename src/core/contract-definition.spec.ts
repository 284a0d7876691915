import { describe, expect, it } from 'vitest';
import type { ContractClass } from './contract.js';
import { ContractEvent, EventsContract, Field, Key, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import type { EventDefinition } from './event-definition.js';

class User {
  declare readonly id: string;
}

class Product {
  declare readonly name: string;
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal() user: User, product: Product, time: Date) {
    return { user, product, time };
  }

  @ContractEvent({ name: 'cancelled', version: 3 })
  cancel(@Key() @Field('order') orderId: string, @Personal() @Field({ name: 'why' }) reason: string): void {
    JSON.stringify([orderId, reason]);
  }

  plain(): string {
    return 'no event';
  }
}

function event(cls: ContractClass, method: string): EventDefinition {
  const found = describeContract(cls).byMethod.get(method);
  if (!found) throw new Error(`no event ${method}`);
  return found;
}

const fields = (cls: ContractClass, method: string) => event(cls, method).arguments.map(({ field }) => field);

function contractError(path: string, message: RegExp): Error {
  return expect.objectContaining({
    code: 'EB_CONTRACT',
    details: { path },
    message: expect.stringMatching(message) as unknown,
  }) as Error;
}

describe('a contract', () => {
  it('has a name, and the decorated methods as events', () => {
    const contract = describeContract(Orders);
    expect(contract).toMatchObject({ name: 'orders', cls: Orders });
    expect([...contract.byMethod.keys()]).toEqual(['placed', 'cancel']);
    expect([...contract.byType.keys()]).toEqual(['placed.v1', 'cancelled.v3']);
    expect(contract.byType.get('cancelled.v3')).toBe(contract.byMethod.get('cancel'));
  });

  it('is described once', () => {
    expect(describeContract(Orders)).toBe(describeContract(Orders));
  });

  it('takes the names of fields from the returned payload, and from @Field first', () => {
    expect(fields(Orders, 'placed')).toEqual(['user', 'product', 'time']);
    expect(fields(Orders, 'cancel')).toEqual(['order', 'why']);
  });

  it('lists the fields with personal data', () => {
    expect(event(Orders, 'placed').personal).toEqual(['user']);
    expect(event(Orders, 'cancel').personal).toEqual(['why']);
  });

  it('knows where the key is', () => {
    @EventsContract('selected')
    class Selected {
      @ContractEvent()
      placed(product: Product, @Personal() @Key((user: User) => user.id) user: User) {
        return { product, user };
      }
    }
    expect(event(Orders, 'placed').key).toBeUndefined();
    expect(event(Orders, 'cancel').key?.index).toBe(0);
    expect(event(Orders, 'cancel').key?.select('o-1')).toBe('o-1');
    expect(event(Selected, 'placed').key?.index).toBe(1);
    expect(event(Selected, 'placed').key?.select({ id: 'u-1' })).toBe('u-1');
  });

  it('may be an abstract class', () => {
    @EventsContract('abstract')
    abstract class Abstract {
      @ContractEvent()
      placed(user: User) {
        return { user };
      }
    }
    expect(fields(Abstract, 'placed')).toEqual(['user']);
  });

  it('may have an event without arguments', () => {
    @EventsContract('bells')
    class Bells {
      @ContractEvent()
      rang() {
        return {};
      }
    }
    expect(event(Bells, 'rang')).toMatchObject({ type: 'rang.v1', arguments: [], personal: [] });
  });

  it('may have two versions of an event', () => {
    @EventsContract('versions')
    class Versions {
      @ContractEvent({ name: 'placed' })
      placedOnce(user: string) {
        return { user };
      }

      @ContractEvent({ name: 'placed', version: 2 })
      placed(user: User) {
        return { user };
      }
    }
    expect([...describeContract(Versions).byType.keys()]).toEqual(['placed.v1', 'placed.v2']);
  });
});

describe('a derived contract', () => {
  @EventsContract()
  class Returns extends Orders {
    @ContractEvent()
    returned(product: Product) {
      return { product };
    }
  }

  @EventsContract('archive')
  class Archive extends Orders {
    @ContractEvent({ version: 2 })
    override placed(user: User, product: Product) {
      return { user, product, time: new Date(0) };
    }
  }

  class Undecorated extends Orders {}

  it('shares the stream of its base and has its events, too', () => {
    expect(describeContract(Returns).name).toBe('orders');
    expect([...describeContract(Returns).byMethod.keys()]).toEqual(['placed', 'cancel', 'returned']);
    expect(describeContract(Undecorated).name).toBe('orders');
    expect(describeContract(Orders).byMethod.has('returned')).toBe(false);
  });

  it('has a stream of its own when it is named', () => {
    expect(describeContract(Archive).name).toBe('archive');
  });

  it('replaces an event by overriding its method', () => {
    expect([...describeContract(Archive).byType.keys()]).toEqual(['placed.v2', 'cancelled.v3']);
    expect(fields(Archive, 'placed')).toEqual(['user', 'product']);
    expect(event(Archive, 'placed').personal).toEqual([]);
    expect(event(Orders, 'placed').type).toBe('placed.v1');
  });

  it('must decorate what it overrides', () => {
    class Careless extends Orders {
      override placed(user: User) {
        return { user, product: new Product(), time: new Date(0) };
      }
    }
    expect(() => describeContract(Careless)).toThrow(
      contractError('Careless.placed', /overrides an event of Orders; decorate it/),
    );
  });
});
