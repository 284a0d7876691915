import { randomUUID } from 'node:crypto';
import { Matches } from 'class-validator';
import { InvalidUserError } from './invalid-user.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Tells users apart: a UUID in lower case, so that one user has one key. */
export class UserId {
  @Matches(UUID)
  readonly value: string;

  /** @throws InvalidUserError unless the text is a UUID; upper case is turned into lower case. */
  constructor(text: string) {
    this.value = text.trim().toLowerCase();
    if (!UUID.test(this.value)) {
      throw new InvalidUserError('the id is not a UUID; it looks like 3f0c1a52-9d1e-4b7a-8c55-0e2f6d7b9a10');
    }
  }

  /** Makes an id that no user has. */
  static random(): UserId {
    return new UserId(randomUUID());
  }
}
