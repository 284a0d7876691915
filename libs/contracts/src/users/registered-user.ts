import type { UserId } from './user-id.js';
import type { UserName } from './user-name.js';

/** A user as its events tell: one who was added and not deleted. */
export class RegisteredUser {
  private constructor(
    readonly id: UserId,
    readonly name: UserName,
    readonly createdAt: Date,
    readonly updatedAt: Date,
    /** How many events made the user what it is; 1 when it was just added. */
    readonly version: number,
  ) {}

  static added(id: UserId, name: UserName, at: Date): RegisteredUser {
    return new RegisteredUser(id, name, at, at, 1);
  }

  /** Returns the user with another name. */
  edited(name: UserName, at: Date): RegisteredUser {
    return new RegisteredUser(this.id, name, this.createdAt, at, this.version + 1);
  }
}
