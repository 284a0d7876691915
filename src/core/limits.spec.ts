import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedSize, DEFAULT_LIMITS } from './limits.js';

const LIMITS = { maxArgumentBytes: 100, maxEventBytes: 150 };
const size = (fields: Record<string, string | Uint8Array>) => checkedSize('placed.v1', fields, LIMITS);

describe('the size of an event', () => {
  it.each([99, 100])('of an argument of %i bytes is within a limit of 100', (bytes) => {
    expect(size({ note: 'x'.repeat(bytes) })).toBe(bytes);
    expect(size({ note: new Uint8Array(bytes) })).toBe(bytes);
  });

  it('of an argument of 101 bytes is over a limit of 100, and the error names the argument', () => {
    const refusal = expect.objectContaining({
      code: 'EB_TOO_LARGE',
      details: { path: 'note', size: 101, limit: 100 },
    }) as Error;
    expect(() => size({ note: 'x'.repeat(101) })).toThrow(refusal);
    expect(() => size({ note: new Uint8Array(101) })).toThrow(refusal);
  });

  it.each([149, 150])('of %i bytes in all is within a limit of 150', (bytes) => {
    expect(size({ a: 'x'.repeat(75), b: 'x'.repeat(bytes - 75) })).toBe(bytes);
  });

  it('of 151 bytes in all is over a limit of 150, and the error tells both numbers', () => {
    expect(() => size({ a: 'x'.repeat(75), b: 'x'.repeat(76) })).toThrow(
      expect.objectContaining({ code: 'EB_TOO_LARGE', details: { path: undefined, size: 151, limit: 150 } }),
    );
  });

  it('counts the bytes of a text, not its characters', () => {
    expect(size({ note: '€'.repeat(33) })).toBe(99);
    expect(() => size({ note: '€'.repeat(34) })).toThrow(expect.objectContaining({ code: 'EB_TOO_LARGE' }));
  });

  it('is never less than what is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        expect(checkedSize('placed.v1', { text }, DEFAULT_LIMITS)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  it('leaves out what a payload store holds', () => {
    expect(checkedSize('placed.v1', { photo: { store: 'files', size: 10_000 } }, LIMITS)).toBe(0);
  });
});
