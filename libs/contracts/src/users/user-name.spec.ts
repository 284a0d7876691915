import { describe, expect, it } from 'vitest';
import { InvalidUserError } from './invalid-user.js';
import { UserName } from './user-name.js';

describe('a user name', () => {
  it.each([
    ['Ann', 'Ann'],
    ['  Ann  Lee\t', 'Ann  Lee'],
    ['A', 'A'],
    ["Zoë O'Neill", "Zoë O'Neill"],
    ['مریم‌سادات', 'مریم‌سادات'],
    ['👩‍🚀', '👩‍🚀'],
    ['𝔸'.repeat(100), '𝔸'.repeat(100)],
  ])('is kept without the space around it: %j', (text, value) => {
    expect(new UserName(text).value).toBe(value);
  });

  it.each([
    ['nothing', ''],
    ['space', ' \t\n '],
    ['101 characters', 'x'.repeat(101)],
    ['a line break', 'Ann\nLee'],
    ['an escape', 'Ann\u001b[31m'],
    ['a zero', 'Ann\u0000'],
    ['half a character', 'Ann\ud83d'],
  ])('is not %s', (_, text) => {
    expect(() => new UserName(text)).toThrow(InvalidUserError);
  });

  it('is not quoted when it is refused', () => {
    expect(() => new UserName(`secret${'x'.repeat(100)}`)).toThrow(expect.not.stringContaining('secret'));
  });
});
