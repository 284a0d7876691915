import { describe, expect, it } from 'vitest';
import { oneLine, visibleText } from './visible-text.js';

describe('text of strangers', () => {
  it('shows what could fool the eye, and leaves the rest as it is', () => {
    expect(visibleText('Zoë 日本 👩 "<b>"')).toBe('Zoë 日本 👩 "<b>"');
    expect(visibleText('a\u0000b\u001b[31m')).toBe('a\\u0000b\\u001b[31m');
    expect(visibleText('invoice\u202Efdp.exe')).toBe('invoice\\u202efdp.exe');
    expect(visibleText('pay\u200bpal\u{e0041}')).toBe('pay\\u200bpal\\u{e0041}');
    expect(visibleText('lone \ud800 half')).toBe('lone \\ud800 half');
  });

  it('keeps lines where there is room for them, and stays on one otherwise', () => {
    expect(visibleText('a\n\tb\r', { lines: true })).toBe('a\n\tb\\r');
    expect(oneLine('a\n\tb\r')).toBe('a\\n\\tb\\r');
  });

  it('is cut for a table, never in the middle of a character', () => {
    expect(oneLine('abcdef', 3)).toBe('abc…');
    expect(oneLine('ab👩👩', 3)).toBe('ab…');
    expect(oneLine('x'.repeat(1_000_000))).toHaveLength(121);
  });
});
