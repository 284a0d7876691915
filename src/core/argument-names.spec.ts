import { describe, expect, it } from 'vitest';
import { probeArgumentNames } from './argument-names.js';

const probe = (method: (...args: never[]) => unknown, count: number) =>
  probeArgumentNames(method as (...args: unknown[]) => unknown, count, 'Orders.placed');

describe('the names of arguments', () => {
  it('are the keys under which the method returns them', () => {
    expect(probe((user, product) => ({ user, product }), 2)).toEqual({ names: ['user', 'product'] });
  });

  it('survive minification, which renames parameters and not keys', () => {
    expect(probe((t, e, n) => ({ user: t, product: e, time: n }), 3).names).toEqual(['user', 'product', 'time']);
  });

  it('do not depend on the order in which they are returned', () => {
    expect(probe((a, b) => ({ second: b, constant: 1, first: a }), 2).names).toEqual(['first', 'second']);
  });

  it('are found beside default values', () => {
    const method = (user: unknown, count: unknown = 3) => ({ user, count });
    expect(probe(method, 2).names).toEqual(['user', 'count']);
  });

  it('are missing where the payload holds something else', () => {
    const { names } = probe((user: { id: string }, time) => ({ userId: user.id, time }), 2);
    expect([names[0], names[1]]).toEqual([undefined, 'time']);
  });

  it.each<[string, (...args: never[]) => unknown, string]>([
    ['nothing is returned', () => undefined, 'it returns no object'],
    ['a text is returned', () => 'x', 'it returns no object'],
    ['a promise is returned', async () => ({}), 'it returns a promise'],
    ['a promise is returned that fails', () => Promise.reject(new Error('x')), 'it returns a promise'],
    [
      'the method looks into an argument',
      (user: { at: Date }) => ({ at: user.at.getTime() }),
      'it threw TypeError when it was probed',
    ],
    ['the method throws something', throwText, 'it threw something when it was probed'],
    ['the payload cannot be read', withThrowingGetter, 'it threw Error when it was probed'],
  ])('cannot be read when %s, and it is told why', (_, method, failure) => {
    expect(probe(method, 1)).toEqual({ names: [], failure });
  });

  it.each<[string, (...args: never[]) => unknown]>([
    ['as an array', (user, ...more) => ({ user, more })],
    ['spread into the payload', (...users) => Object.assign({}, users)],
    ['as the only parameter', (...users) => ({ users })],
  ])('of a rest parameter that is returned %s are refused', (_, method) => {
    for (const count of [1, 2]) {
      expect(() => probe(method, count)).toThrow(
        expect.objectContaining({ code: 'EB_CONTRACT', details: { path: 'Orders.placed' } }),
      );
    }
  });
});

function throwText(): never {
  throw Object('text') as Error;
}

function withThrowingGetter(): object {
  return {
    get user(): never {
      throw new Error('x');
    },
  };
}
