import { describe, expect, it } from 'vitest';
import { InvalidUserError } from './invalid-user.js';
import { UserId } from './user-id.js';

const ID = '3f0c1a52-9d1e-4b7a-8c55-0e2f6d7b9a10';

describe('a user id', () => {
  it.each([ID, ID.toUpperCase(), ` ${ID}\n`])('is one key, however it is typed: %j', (text) => {
    expect(new UserId(text).value).toBe(ID);
  });

  it.each(['', 'ann', ID.slice(1), `${ID}0`, `{${ID}}`, ID.replaceAll('-', ''), `${ID}\n${ID}`])(
    'is a UUID and nothing else: %j',
    (text) => {
      expect(() => new UserId(text)).toThrow(InvalidUserError);
    },
  );

  it('is another one each time it is made at random', () => {
    expect(UserId.random().value).not.toBe(UserId.random().value);
  });
});
