import { Inject, Injectable } from '@nestjs/common';
import {
  getChannelToken,
  InjectProducer,
  isBackboneError,
  type Channel,
  type Position,
  type Producer,
  type Receipt,
} from 'nest-event-backbone';
import { CommandError, EXIT } from '#cli-kit';
import { UserId, Users, type UserName } from '#contracts';

/** What was stored. */
export interface Change {
  readonly event: 'userAdded' | 'userEdited' | 'userDeleted';
  readonly id: UserId;
  readonly position: Position;
}

/**
 * Decides on changes of users. It reads the user's own events, and appends the next one only if no other came in between:
 * of two changes at once, one is stored.
 */
@Injectable()
export class UserChanges {
  constructor(
    @InjectProducer(Users) private readonly users: Producer<Users>,
    @Inject(getChannelToken()) private readonly channel: Channel,
  ) {}

  async add(name: UserName): Promise<Change> {
    const id = UserId.random();
    const { position } = await this.users.$with({ expected: 'none' }).userAdded(id, name);
    return { event: 'userAdded', id, position };
  }

  /** @throws CommandError for a user that does not exist, or that somebody else changes at the same time. */
  async edit(id: UserId, name: UserName): Promise<Change> {
    const { position } = await this.#next(id, (users) => users.userEdited(id, name));
    return { event: 'userEdited', id, position };
  }

  /** @throws CommandError for a user that does not exist, or that somebody else changes at the same time. */
  async delete(id: UserId): Promise<Change> {
    const { position } = await this.#next(id, (users) => users.userDeleted(id));
    return { event: 'userDeleted', id, position };
  }

  async #next(id: UserId, append: (users: Producer<Users>) => Promise<Receipt>): Promise<Receipt> {
    const types = await this.#history(id);
    if (types.length === 0) throw new CommandError('there is no user with this id; nothing was stored');
    if (types.at(-1) === 'userDeleted.v1') throw new CommandError('the user was deleted; nothing was stored');
    try {
      return await append(this.users.$with({ expected: types.length }));
    } catch (error) {
      if (!isBackboneError(error, 'EB_CONFLICT')) throw error;
      const line = 'somebody else changed the user at the same time; nothing was stored, look and try again';
      throw new CommandError(line, EXIT.overtaken, error);
    }
  }

  /** The types of the user's events; their arguments are not needed to decide. */
  async #history(id: UserId): Promise<readonly (string | undefined)[]> {
    const types: (string | undefined)[] = [];
    const stream = { environment: 'default', contract: 'users' };
    for await (const events of this.channel.read({ stream, key: id.value, fields: [] })) {
      types.push(...events.map(({ message }) => message?.type));
    }
    return types;
  }
}
