import { Project, Projection, type ProjectedEvent } from 'nest-event-backbone';
import type { SqlTransaction } from 'nest-event-backbone/postgres';
import { UserId, UserName, Users } from '#contracts';

/**
 * Keeps the table `users`: one row for each user who was added and not deleted. Times are those of the events, so that a
 * table that is made anew is the same one.
 */
@Projection('users', { contract: Users })
export class UsersProjection {
  async create(tx: SqlTransaction): Promise<void> {
    await tx.query(`CREATE TABLE users (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version integer NOT NULL
    )`);
  }

  @Project(Users, (e) => e.userAdded)
  async added(id: UserId, name: UserName, { tx, time }: ProjectedEvent<SqlTransaction>): Promise<void> {
    await tx.query('INSERT INTO users VALUES ($1, $2, $3, $3, 1)', [id.value, name.value, time]);
  }

  @Project(Users, (e) => e.userEdited)
  async edited(id: UserId, name: UserName, { tx, time }: ProjectedEvent<SqlTransaction>): Promise<void> {
    const sql = 'UPDATE users SET name = $2, updated_at = $3, version = version + 1 WHERE id = $1';
    await tx.query(sql, [id.value, name.value, time]);
  }

  @Project(Users, (e) => e.userDeleted)
  async deleted(id: UserId, { tx }: ProjectedEvent<SqlTransaction>): Promise<void> {
    await tx.query('DELETE FROM users WHERE id = $1', [id.value]);
  }
}
