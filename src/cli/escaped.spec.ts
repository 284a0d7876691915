import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escaped, escapedJson } from './escaped.js';

const BIDI = String.fromCharCode(0x202e);
const C1 = String.fromCharCode(0x9b);

describe('a text that is shown', () => {
  it('cannot move the cursor, colour the screen, ring, or change the direction', () => {
    expect(escaped('\u001b[2J\u0007\r\n')).toBe(String.raw`\u001b[2J\u0007\u000d\u000a`);
    expect(escaped(`${C1}31m${BIDI}abc`)).toBe(String.raw`\u009b31m\u202eabc`);
    expect(escaped('\ud83d')).toBe(String.raw`\ud83d`);
  });

  it('stays as it is where it is harmless', () => {
    expect(escaped('Grüße, 世界 🎉')).toBe('Grüße, 世界 🎉');
  });

  it('holds nothing that a terminal obeys, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escaped(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('a value that is shown as JSON', () => {
  it('is read as the same value, and is one harmless line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = escapedJson(value);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('names what JSON has no word for', () => {
    expect(escapedJson({ count: 12n, data: Buffer.from([0, 1]) })).toContain('{"$bigint":"12"}');
  });
});
