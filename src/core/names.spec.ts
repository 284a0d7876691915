import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackboneError } from './errors.js';
import { checkedName, isForbiddenProperty, isName } from './names.js';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-';

describe('a name', () => {
  it('is accepted exactly when it is 1 to 128 of the allowed characters and no way to a prototype', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...LETTERS.split(''), ':', ' '), maxLength: 140 });
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      nearly,
      fc.constantFrom('__proto__', 'prototype', 'constructor'),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const inside =
          text.length >= 1 &&
          text.length <= 128 &&
          text.split('').every((character) => LETTERS.includes(character)) &&
          !['__proto__', 'prototype', 'constructor'].includes(text);
        expect(isName(text)).toBe(inside);
        expect(codeOf(() => checkedName('name', text))).toBe(inside ? undefined : 'EB_NAME');
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['empty', ''],
    ['with a colon', 'a:b'],
    ['with an opening brace', 'a{b'],
    ['with a closing brace', 'a}b'],
    ['with a space', 'a b'],
    ['with a line break inside', 'a\nb'],
    ['with a line break at its end', 'a\n'],
    ['with a star', 'a*'],
    ['with a slash', 'a/b'],
    ['of 10 kB', 'x'.repeat(10_240)],
    ['of 129 characters', 'x'.repeat(129)],
    ['outside ASCII', 'größe'],
    ['that reaches a prototype', '__proto__'],
    ['that is no text', 7],
    ['that is missing', undefined],
  ])('%s is refused with its purpose told', (_, name) => {
    expect(() => checkedName('group', name)).toThrow(
      expect.objectContaining({ code: 'EB_NAME', details: { what: 'group' } }),
    );
  });

  it('of 128 characters is accepted', () => {
    expect(checkedName('group', 'x'.repeat(128))).toHaveLength(128);
  });

  it('is shown shortened and escaped in the error', () => {
    const refusal = (name: string) => {
      try {
        return checkedName('group', name);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal('y'.repeat(10_240)).length).toBeLessThan(250);
    expect(refusal('a\nb')).toContain('"a\\nb"');
    expect(refusal('a\nb')).not.toContain('\n');
  });
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as BackboneError).code;
  }
}

describe('a property name', () => {
  it('is forbidden when it could reach a prototype, and only then', () => {
    expect(['__proto__', 'prototype', 'constructor'].every(isForbiddenProperty)).toBe(true);
    expect(['proto', '__proto', 'Constructor', 'toString', ''].some(isForbiddenProperty)).toBe(false);
  });
});
