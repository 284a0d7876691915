import { describe, expect, it } from 'vitest';
import type { ContractClass } from './contract.js';
import { ContractEvent, EventsContract, Field, Key, Personal, Stored, type Segments } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { Erased } from './erased.js';
import { argumentOfField, type ArgumentDefinition, type EventDefinition } from './event-definition.js';
import type { StoredOptions } from './stored-options.js';

class User {
  declare readonly email: string;
  declare readonly name: string;
}

function event(cls: ContractClass, method = 'placed'): EventDefinition {
  const found = describeContract(cls).byMethod.get(method);
  if (!found) throw new Error(`no event ${method}`);
  return found;
}

function argument(cls: ContractClass, field: string): ArgumentDefinition {
  const found = argumentOfField(event(cls), field);
  if (!found) throw new Error(`no argument ${field}`);
  return found;
}

const contractError = (path: string, message: RegExp) =>
  expect.objectContaining({
    code: 'EB_CONTRACT',
    details: { path },
    message: expect.stringMatching(message) as unknown,
  }) as Error;

describe('a personal argument', () => {
  @EventsContract('orders')
  class Orders {
    @ContractEvent()
    placed(
      @Personal({ of: ({ user }: { user: User }) => user.email }) user: User,
      @Personal({ of: ({ friend }: { friend: User }) => friend.email, erasable: true })
      @Field({ type: () => User })
      friend: User | Erased,
      @Personal() note: string,
      time: Date,
    ) {
      return { user, friend, note, time };
    }
  }

  it('may name its data subject, each argument another one', () => {
    const args = { user: { email: 'a@example.org' }, friend: { email: 'b@example.org' } };
    const subjects = event(Orders).arguments.map(({ subject }) => subject?.(args));
    expect(subjects).toEqual(['a@example.org', 'b@example.org', undefined, undefined]);
    expect(event(Orders).personal).toEqual(['user', 'friend', 'note']);
  });

  it('is erasable when it says so only, and keeps its type', () => {
    expect(event(Orders).arguments.map(({ erasable }) => erasable)).toEqual([false, true, false, false]);
    expect(argument(Orders, 'friend').shape.cls).toBe(User);
  });

  it('that is erasable and of no known type is refused: the compiler records none for a union', () => {
    @EventsContract('orders')
    class Untyped {
      @ContractEvent()
      placed(@Personal({ erasable: true }) user: User | Erased) {
        return { user };
      }
    }
    expect(() => describeContract(Untyped)).toThrow(
      contractError('argument "user" of Untyped.placed', /@Field\(\{ type: \(\) => User \}\)/),
    );
  });
});

describe('what @Stored says', () => {
  @Stored({ in: 'bucket', ttlMs: 60_000, encrypted: true })
  @EventsContract('orders')
  class Orders {
    @ContractEvent()
    placed(user: string, @Stored({ in: ['cache', 'table'], aboveBytes: 100 }) report: string) {
      return { user, report };
    }
  }

  it('holds for all arguments of a contract', () => {
    expect(argument(Orders, 'user').stored).toEqual({ in: ['bucket'], ttlMs: 60_000, encrypted: true });
  });

  it('gives way to what an argument says, option by option', () => {
    const stored = { in: ['cache', 'table'], aboveBytes: 100, ttlMs: 60_000, encrypted: true };
    expect(argument(Orders, 'report').stored).toEqual(stored);
  });

  it('holds for a derived contract, too, and is absent where nobody says anything', () => {
    @EventsContract()
    class Derived extends Orders {}
    @EventsContract('plain')
    class Plain {
      @ContractEvent()
      placed(user: string) {
        return { user };
      }
    }
    expect(argument(Derived, 'user').stored?.in).toEqual(['bucket']);
    expect(argument(Plain, 'user').stored).toBeUndefined();
  });

  it.each<[string, StoredOptions, RegExp]>([
    ['a store that has no name', { in: '' }, /`in` is not the name/],
    ['a store with a name outside the grammar', { in: 'a+b' }, /`in` is not the name/],
    ['no store', { in: [] }, /list of names/],
    ['a store twice', { in: ['a', 'a'] }, /list of names/],
    ['a size that is no number', { in: 'a', aboveBytes: -1 }, /`aboveBytes` is not a whole number from 0/],
    ['a time that is none', { in: 'a', ttlMs: 0 }, /`ttlMs` is not a whole number from 1/],
    ['a time and no store', { ttlMs: 1 }, /`ttlMs` and without a store/],
    ['a size and no store', { aboveBytes: 1 }, /`aboveBytes` and without a store/],
    ['no boolean', { encrypted: 'yes' as never }, /`encrypted` is not a boolean/],
    ['an option that there is not', { store: 'a' } as never, /knows no option store/],
  ])('is refused: %s', (_, options, message) => {
    @EventsContract('orders')
    class Wrong {
      @ContractEvent()
      placed(@Stored(options) user: string) {
        return { user };
      }
    }
    expect(() => describeContract(Wrong)).toThrow(contractError('argument "user" of Wrong.placed', message));
  });
});

describe('a hashed key', () => {
  @EventsContract('orders')
  class Orders {
    @ContractEvent()
    placed(@Personal() @Key({ hashed: true }) email: string) {
      return { email };
    }

    @ContractEvent()
    paid(@Personal() @Key({ of: (user: User) => user.email, hashed: true }) user: User) {
      return { user };
    }

    @ContractEvent()
    packed(@Key({ of: (user: User) => user.name }) user: User) {
      return { user };
    }
  }

  it('may be a whole personal argument, or a part of one', () => {
    expect(event(Orders).key).toMatchObject({ index: 0, hashed: true });
    expect(event(Orders, 'paid').key?.select({ email: 'a@example.org' })).toBe('a@example.org');
    expect(event(Orders, 'paid').key?.hashed).toBe(true);
  });

  it('is hashed when it says so only', () => {
    expect(event(Orders, 'packed').key?.hashed).toBe(false);
    expect(event(Orders, 'packed').key?.select({ name: 'Ada' })).toBe('Ada');
  });

  it('is what the refusal of a personal argument as the key names as a remedy', () => {
    @EventsContract('exposed')
    class Exposed {
      @ContractEvent()
      placed(@Key({}) @Personal() email: string) {
        return { email };
      }
    }
    expect(() => describeContract(Exposed)).toThrow(contractError('Exposed.placed', /@Key\(\{ hashed: true \}\)/));
  });
});

const SEGMENTS: Segments<User, { readonly public: object; readonly contact: object }> = {
  split: ({ name, email }: User) => ({ public: { name }, contact: { email } }),
  join: (parts) => ({ name: '', email: '', ...parts.public, ...parts.contact }),
  personal: ['contact'],
};

describe('an argument with segments', () => {
  it('has personal segments, and no others are personal', () => {
    @EventsContract('orders')
    class Orders {
      @ContractEvent()
      placed(@Personal() @Field({ segments: SEGMENTS }) user: User, note: string) {
        return { user, note };
      }
    }
    expect(event(Orders).personal).toEqual(['user.contact']);
    expect(argument(Orders, 'user.contact')).toBe(argument(Orders, 'user'));
    expect(argumentOfField(event(Orders), 'note.contact')).toBeUndefined();
  });

  it('and personal data must name the segments that hold it', () => {
    @EventsContract('orders')
    class Unnamed {
      @ContractEvent()
      placed(@Personal() @Field({ segments: { ...SEGMENTS, personal: undefined } }) user: User) {
        return { user };
      }
    }
    const place = 'argument "user" of Unnamed.placed';
    expect(() => describeContract(Unnamed)).toThrow(contractError(place, /personal: \['contact'\]/));
  });

  it('has names of segments that are names', () => {
    @EventsContract('orders')
    class Misnamed {
      @ContractEvent()
      placed(@Field({ segments: { ...SEGMENTS, personal: ['a:b' as never] } }) user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Misnamed)).toThrow(expect.objectContaining({ code: 'EB_NAME' }));
  });

  it('takes the names of its segments from no other argument', () => {
    @EventsContract('orders')
    class Mixed {
      @ContractEvent()
      placed(@Field('user.note') note: string, @Field({ segments: SEGMENTS }) user: User) {
        return { note, user };
      }
    }
    expect(() => describeContract(Mixed)).toThrow(
      contractError('Mixed.placed', /"user\.note", like a segment of "user"/),
    );
  });

  it('needs both functions', () => {
    @EventsContract('orders')
    class Half {
      @ContractEvent()
      placed(@Field({ segments: { split: SEGMENTS.split } as never }) user: User) {
        return { user };
      }
    }
    expect(() => describeContract(Half)).toThrow(contractError('argument "user" of Half.placed', /`split` and `join`/));
  });
});

it('a field may not be named like what middleware attaches', () => {
  @EventsContract('orders')
  class Attached {
    @ContractEvent()
    placed(@Field('x-tenant') tenant: string) {
      return { tenant };
    }
  }
  expect(() => describeContract(Attached)).toThrow(contractError('Attached.placed', /middleware attaches/));
});
