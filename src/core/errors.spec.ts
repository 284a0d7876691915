import { describe, expect, it } from 'vitest';
import { BackboneError, describeError, isBackboneError, NonRetryableError } from './errors.js';

/** What a careless library or a hostile one may throw. */
const HOSTILE: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a text', 'broken'],
  ['a number', 7],
  ['a symbol', Symbol('x')],
  ['an object without a prototype', Object.create(null)],
  ['an error whose message throws', withGetter('message')],
  ['an error whose name throws', withGetter('name')],
  ['an error whose stack throws', withGetter('stack')],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: Symbol('m') })],
  ['an error whose name is no text', Object.assign(new Error('x'), { name: { toString: fail } })],
  ['a proxy that refuses everything', new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail })],
  ['an error without a message', new TypeError('')],
];

function withGetter(name: string): Error {
  return Object.defineProperty(new Error('x'), name, { get: fail });
}

function fail(): never {
  throw new Error('nobody may look here');
}

describe('an error of the library', () => {
  it('carries a code, a message that begins with it, details and a cause', () => {
    const cause = new Error('below');
    const error = new BackboneError('EB_CHANNEL', 'it broke', { cause, details: { path: 'a' } });
    expect(error).toMatchObject({ name: 'BackboneError', code: 'EB_CHANNEL', details: { path: 'a' }, cause });
    expect(error.message).toBe('EB_CHANNEL: it broke');
  });

  it('has empty details and no cause when none are given', () => {
    const error = new BackboneError('EB_CHANNEL', 'it broke');
    expect(error.details).toEqual({});
    expect('cause' in error).toBe(false);
  });

  it('is told from others by its code, also when another copy of the package threw it', () => {
    const error = new BackboneError('EB_CLOSED', 'closed');
    const copy = Object.assign(new Error('EB_CLOSED: closed'), {
      name: 'BackboneError',
      code: 'EB_CLOSED',
      details: {},
    });
    for (const each of [error, copy]) {
      expect(isBackboneError(each)).toBe(true);
      expect(isBackboneError(each, 'EB_CLOSED')).toBe(true);
      expect(isBackboneError(each, 'EB_CHANNEL')).toBe(false);
    }
  });

  it('is not any error that merely has its name', () => {
    const nameOnly = Object.assign(new Error('x'), { name: 'BackboneError' });
    expect(isBackboneError(nameOnly)).toBe(false);
    expect(isBackboneError(Object.assign(nameOnly, { code: 'EB_CLOSED', details: null }))).toBe(false);
    expect(isBackboneError(Object.assign(new Error('x'), { code: 'EB_CLOSED', details: {} }))).toBe(false);
    expect(isBackboneError(new NonRetryableError('no'))).toBe(false);
    expect(isBackboneError({ name: 'BackboneError', code: 'EB_CLOSED', details: {} })).toBe(false);
  });
});

describe('whatever is thrown', () => {
  it.each(HOSTILE)('%s is described by a text, and is no error of the library', (_, thrown) => {
    expect(describeError(thrown)).toBeTypeOf('string');
    expect(describeError(thrown)).not.toBe('');
    expect(isBackboneError(thrown)).toBe(false);
  });

  it('is described by its message, else by its name', () => {
    expect(describeError(new TypeError('bad'))).toBe('bad');
    expect(describeError(new TypeError(''))).toBe('TypeError');
    expect(describeError('just text')).toBe('just text');
    expect(describeError(undefined)).toBe('thrown value of type undefined');
    expect(describeError(null)).toBe('thrown value of type null');
  });
});
