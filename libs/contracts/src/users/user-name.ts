import { Matches } from 'class-validator';
import { InvalidUserError } from './invalid-user.js';

/** 1 to 100 characters without space around them; none of them controls a terminal, and none is half a character. */
const NAME = /^(?=\S)[^\p{Cc}\p{Cs}]{0,99}[^\p{Cc}\p{Cs}\s]$/u;

/** What a user is called: 1 to 100 characters. */
export class UserName {
  @Matches(NAME)
  readonly value: string;

  /** @throws InvalidUserError unless 1 to 100 characters are left without the space around them. */
  constructor(text: string) {
    this.value = text.trim();
    if (this.value === '') throw new InvalidUserError('the name is empty');
    if (!NAME.test(this.value)) {
      throw new InvalidUserError('the name must have at most 100 characters, and no control characters');
    }
  }
}
