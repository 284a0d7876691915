import { ContractEvent, EventsContract, Key, Project, Projection, type ProjectedEvent } from 'nest-event-backbone';
import type { SqlTransaction } from 'nest-event-backbone/postgres';

@EventsContract('users')
export class Users {
  @ContractEvent()
  userAdded(@Key() id: string, name: string) {
    return { id, name };
  }

  @ContractEvent()
  userRenamed(@Key() id: string, name: string) {
    return { id, name };
  }
}

@Projection('users', { contract: Users, version: 1 })
export class UsersProjection {
  async create(tx: SqlTransaction): Promise<void> {
    await tx.query('CREATE TABLE users (id text PRIMARY KEY, name text NOT NULL)');
  }

  @Project(Users, (e) => e.userAdded)
  async added(id: string, name: string, { tx }: ProjectedEvent<SqlTransaction>): Promise<void> {
    await tx.query('INSERT INTO users VALUES ($1, $2)', [id, name]);
  }

  @Project(Users, (e) => e.userRenamed)
  async renamed(id: string, name: string, { tx }: ProjectedEvent<SqlTransaction>): Promise<void> {
    await tx.query('UPDATE users SET name = $2 WHERE id = $1', [id, name]);
  }
}
