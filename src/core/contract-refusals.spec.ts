import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field, Key, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';

class User {
  declare readonly id: string;
}

function contractError(path: string, message: RegExp): Error {
  return expect.objectContaining({
    code: 'EB_CONTRACT',
    details: { path },
    message: expect.stringMatching(message) as unknown,
  }) as Error;
}

describe('a contract that cannot be used is refused with the place and a remedy:', () => {
  it('a class without a name', () => {
    class Nameless {
      @ContractEvent()
      placed(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Nameless)).toThrow(contractError('Nameless', /add @EventsContract/));
  });

  it('a class without events', () => {
    @EventsContract('nothing')
    class Nothing {}
    expect(() => describeContract(Nothing)).toThrow(contractError('Nothing', /no @ContractEvent method/));
  });

  it.each(['a b', 'a:b', '', '__proto__'])('the name %j', (name) => {
    @EventsContract(name)
    class Misnamed {
      @ContractEvent()
      placed(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Misnamed)).toThrow(
      expect.objectContaining({ code: 'EB_NAME', details: { what: 'contract name of Misnamed' } }),
    );
  });

  it('an event with a name outside the grammar', () => {
    @EventsContract('events')
    class Misnamed {
      @ContractEvent({ name: 'order placed' })
      placed(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Misnamed)).toThrow(
      expect.objectContaining({ code: 'EB_NAME', details: { what: 'event name of Misnamed.placed' } }),
    );
  });

  it.each(['a:b', '', 'x'.repeat(129), 'constructor'])('a field named %j', (name) => {
    @EventsContract('fields')
    class Misnamed {
      @ContractEvent()
      placed(@Field(name) user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Misnamed)).toThrow(
      expect.objectContaining({ code: 'EB_NAME', details: { what: 'field name of argument 1 of Misnamed.placed' } }),
    );
  });

  it.each([0, -1, 1.5, NaN, 1_000_000_000])('the version %d', (version) => {
    @EventsContract('versions')
    class Versions {
      @ContractEvent({ version })
      placed(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Versions)).toThrow(contractError('Versions.placed', /whole numbers from 1/));
  });

  it('two methods of one type', () => {
    @EventsContract('twice')
    class Twice {
      @ContractEvent()
      placed(user: User) {
        return { user };
      }

      @ContractEvent({ name: 'placed' })
      put(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Twice)).toThrow(contractError('Twice.put', /Twice\.placed are both placed\.v1/));
  });

  it('a method that is decorated twice', () => {
    @EventsContract('double')
    class Double {
      @ContractEvent()
      @ContractEvent({ version: 2 })
      placed(user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Double)).toThrow(contractError('Double.placed', /two @ContractEvent decorators/));
  });

  it('an argument without a name', () => {
    @EventsContract('void')
    class Void {
      @ContractEvent()
      placed(@Field('user') user: User, time: Date): void {
        JSON.stringify([user, time]);
      }
    }
    expect(() => describeContract(Void)).toThrow(
      contractError('Void.placed', /Void\.placed has no name for its argument 2 \(it returns no object\).*@Field/),
    );
  });

  it('two arguments of one name', () => {
    @EventsContract('same')
    class Same {
      @ContractEvent()
      placed(@Field('user') buyer: User, user: User) {
        return { buyer, user };
      }
    }
    expect(() => describeContract(Same)).toThrow(contractError('Same.placed', /two arguments named "user"/));
  });

  it('a rest parameter', () => {
    @EventsContract('rest')
    class Rest {
      @ContractEvent()
      placed(time: Date, ...users: User[]) {
        return { time, users };
      }
    }
    expect(() => describeContract(Rest)).toThrow(contractError('Rest.placed', /rest parameter; take one array/));
  });

  it('more than 64 arguments', () => {
    class Wide {
      placed(): object {
        return {};
      }
    }
    EventsContract('wide')(Wide);
    const types = Array.from({ length: 65 }, () => String);
    Reflect.defineMetadata('design:paramtypes', types, Wide.prototype, 'placed');
    decorate(Wide.prototype, 'placed');
    expect(() => describeContract(Wide)).toThrow(contractError('Wide.placed', /65 arguments, the limit is 64/));
  });

  it('two keys', () => {
    @EventsContract('keys')
    class Keys {
      @ContractEvent()
      placed(@Key() user: string, @Key() product: string) {
        return { user, product };
      }
    }
    expect(() => describeContract(Keys)).toThrow(contractError('Keys.placed', /two @Key arguments/));
  });

  it('a personal argument as the key', () => {
    @EventsContract('exposed')
    class Exposed {
      @ContractEvent()
      placed(@Key() @Personal() email: string) {
        return { email };
      }
    }
    expect(() => describeContract(Exposed)).toThrow(contractError('Exposed.placed', /keys cannot be erased/));
  });

  it('a type that no codec brings back', () => {
    @EventsContract('maps')
    class Maps {
      @ContractEvent()
      placed(items: Map<string, number>) {
        return { items };
      }
    }
    expect(() => describeContract(Maps)).toThrow(contractError('argument "items" of Maps.placed', /has the type Map/));
  });

  it('a class compiled without type metadata', () => {
    class Bare {
      placed(user: unknown): object {
        return { user };
      }
    }
    EventsContract('bare')(Bare);
    decorate(Bare.prototype, 'placed');
    expect(() => describeContract(Bare)).toThrow(contractError('Bare.placed', /compile with "emitDecoratorMetadata"/));
  });

  it.each(['then', 'toJSON', 'onModuleInit', 'onApplicationShutdown', '$with', '$batch', '$own'])(
    'a method named %s, which a producer must not have',
    (method) => {
      class Reserved {
        other(): void {
          return undefined;
        }
      }
      const descriptor = { value: () => ({}), configurable: true };
      Object.defineProperty(Reserved.prototype, method, descriptor);
      EventsContract('reserved')(Reserved);
      Reflect.defineMetadata('design:paramtypes', [], Reserved.prototype, method);
      decorate(Reserved.prototype, method);
      expect(() => describeContract(Reserved)).toThrow(contractError(`Reserved.${method}`, /reserved method name/));
    },
  );
});

/** What a compiler does for a decorated method, except for the type metadata. */
function decorate(prototype: object, method: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (!descriptor) throw new Error(`no method ${method}`);
  ContractEvent()(prototype, method, descriptor);
}
