/**
 * @typedef {{ name: string, version: number, createdAt: string, updatedAt: string }} Shown how one model sees a user
 * @typedef {{ id: string, written?: Shown, read?: Shown, agrees: boolean }} Compared `written` is absent for a user that
 *   was deleted, `read` where there is no row
 */

/**
 * Sets what the events say beside what the table says, user by user.
 *
 * @param {Awaited<ReturnType<typeof import('./fold-users.mjs').foldUsers>>} written
 * @param {readonly import('./read-rows.mjs').UserRow[]} rows
 * @returns {readonly Compared[]}
 */
export function compareModels({ users, deleted }, rows) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const ids = new Set([...users.keys(), ...deleted, ...byId.keys()]);
  return [...ids].map((id) => {
    const user = users.get(id);
    const row = byId.get(id);
    const written = user && shown(user.name.value, user.version, user.createdAt, user.updatedAt);
    const read = row && shown(row.name, row.version, row.created_at, row.updated_at);
    return { id, written, read, agrees: JSON.stringify(written) === JSON.stringify(read) };
  });
}

/**
 * @param {string} name
 * @param {number} version
 * @param {Date} createdAt
 * @param {Date} updatedAt
 * @returns {Shown}
 */
function shown(name, version, createdAt, updatedAt) {
  return { name, version, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
