import { describe, expect, it } from 'vitest';
import { Field } from './contract-decorators.js';
import { shapeOf } from './shape-of.js';

/** Stands for the decorators of a validation library: any property decorator makes the compiler record the type. */
function Checked(): PropertyDecorator {
  return () => undefined;
}

class Address {
  @Checked() declare street: string;
  @Checked() declare since: Date;
}

class User {
  @Checked() declare name: string;
  @Checked() declare born: Date;
  @Checked() declare address: Address;
  @Checked() declare balance: bigint;
  @Checked() declare photo: Buffer;
  @Field({ type: () => [Address] }) declare former: Address[];
  @Field({ type: () => User }) declare friend?: User;
  declare note: unknown;
  written = 'by the constructor';

  get label(): string {
    return `${this.name} of ${this.address.street}`;
  }

  set nickname(nickname: string) {
    this.name = nickname;
  }

  isAdult(): boolean {
    return this.born.getTime() < 0;
  }
}

class Admin extends User {
  @Checked() declare admittedAt: Date;
}

const revive = (value: unknown, cls: unknown = User) => shapeOf(cls, 'argument "user"').revive(value, 'user') as User;

function misfit(path: string): Error {
  return expect.objectContaining({
    code: 'EB_UNDECODABLE',
    details: expect.objectContaining({ path }) as unknown,
  }) as Error;
}

describe('plain data of a class', () => {
  it('becomes an instance, with its nested classes, moments, bytes and arrays', () => {
    const user = revive({
      name: 'Ann',
      born: '1960-01-01T00:00:00.000Z',
      address: { street: 'Main St', since: '2020-01-01' },
      balance: 12n,
      photo: Buffer.from('jpg'),
      former: [{ street: 'Old Rd', since: '2010-01-01' }],
      friend: { name: 'Bob', born: '1990-01-01', friend: { born: '1991-01-01' } },
      note: { any: ['thing', null] },
    });
    expect(user).toBeInstanceOf(User);
    expect(user.isAdult()).toBe(true);
    expect(user.label).toBe('Ann of Main St');
    expect(user.address).toBeInstanceOf(Address);
    expect(user.address.since).toEqual(new Date('2020-01-01'));
    expect(user.former[0]).toBeInstanceOf(Address);
    expect(user.former[0]?.since).toEqual(new Date('2010-01-01'));
    expect(user.friend?.friend).toBeInstanceOf(User);
    expect(user.friend?.friend?.born).toEqual(new Date('1991-01-01'));
    expect([user.balance, user.photo, user.note]).toEqual([12n, Buffer.from('jpg'), { any: ['thing', null] }]);
  });

  it('does not run the constructor', () => {
    expect(revive({ name: 'Ann' })).not.toHaveProperty('written');
  });

  it('keeps null, and does not make up what is missing', () => {
    const user = revive({ born: null, address: null, former: [null] });
    expect([user.born, user.address, user.former]).toEqual([null, null, [null]]);
    expect(Object.keys(user)).toEqual(['born', 'address', 'former']);
  });

  it('knows the types that a base class declares', () => {
    const admin = revive({ born: '1960-01-01', admittedAt: '2020-01-01' }, Admin);
    expect(admin).toBeInstanceOf(Admin);
    expect(admin).toMatchObject({ born: new Date('1960-01-01'), admittedAt: new Date('2020-01-01') });
  });

  it('that is an instance already stays the same object', () => {
    const user = new User();
    expect(revive(user)).toBe(user);
  });

  it('cannot take the place of a method or a getter, and runs a setter', () => {
    const born = '1960-01-01';
    const user = revive({ name: 'Ann', born, isAdult: 'yes', label: 'x', toString: 'y', nickname: 'Annie' });
    expect(Object.keys(user)).toEqual(['name', 'born']);
    expect(user.isAdult()).toBe(true);
    expect(user.name).toBe('Annie');
  });

  it('of many unknown names is revived as well', () => {
    const data = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`extra${i}`, i]));
    expect(revive({ ...data, born: '1970-01-01' })).toMatchObject({ ...data, born: new Date(0) });
    expect(revive({ former: [{ since: '1970-01-01' }] }).former[0]?.since).toEqual(new Date(0));
  });
});

describe('data that does not fit its class', () => {
  it.each<[string, unknown, string]>([
    ['a moment that is words', { born: 'canary' }, 'user.born'],
    ['a text that is a number', { name: 7 }, 'user.name'],
    ['a wrong moment of a nested class', { address: { since: 'canary' } }, 'user.address.since'],
    ['a nested class that is text', { address: 'canary' }, 'user.address'],
    ['an array that is an object', { former: { 0: 'canary' } }, 'user.former'],
    ['a wrong moment in an array', { former: [{}, { since: 'canary' }] }, 'user.former[1].since'],
    ['a bigint that is a number', { balance: 7 }, 'user.balance'],
    ['bytes that are text', { photo: 'canary' }, 'user.photo'],
    ['a wrong text far below', { friend: { friend: { name: ['canary'] } } }, 'user.friend.friend.name'],
  ])('%s, is refused with its path, and is not quoted', (_, data, path) => {
    expect(() => revive(data)).toThrow(misfit(path));
    expect(() => revive(data)).not.toThrow(/canary/);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('with the property %s is refused', (name) => {
    const data: unknown = JSON.parse(`{"address":{"${name}":{"admin":true}}}`);
    expect(() => revive(data)).toThrow(misfit(`user.address.${name}`));
    expect({}).not.toHaveProperty('admin');
  });
});
