/**
 * Writes a number of things: `1 order`, `2 orders`.
 *
 * @param {number} count
 * @param {string} thing
 */
export function counted(count, thing) {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
