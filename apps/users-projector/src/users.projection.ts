import type { SqlTransaction } from 'nest-event-backbone/postgres';
import { defineProjection } from 'nest-event-backbone/projections';
import { Users } from '#contracts';

/**
 * Keeps the table `users`: one row for each user who was added and not deleted. Times are those of the events, so that a
 * table that is made anew is the same one.
 */
export const usersProjection = defineProjection<Users, SqlTransaction>(Users, {
  name: 'users',
  create: async (tx) => {
    await tx.query(`CREATE TABLE users (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version integer NOT NULL
    )`);
  },
  on: {
    userAdded: async (id, name, { tx, time }) => {
      await tx.query('INSERT INTO users VALUES ($1, $2, $3, $3, 1)', [id.value, name.value, time]);
    },
    userEdited: async (id, name, { tx, time }) => {
      const sql = 'UPDATE users SET name = $2, updated_at = $3, version = version + 1 WHERE id = $1';
      await tx.query(sql, [id.value, name.value, time]);
    },
    userDeleted: async (id, { tx }) => {
      await tx.query('DELETE FROM users WHERE id = $1', [id.value]);
    },
  },
});
