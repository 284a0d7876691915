/**
 * Tries places in turn and gives what the first one has that has it.
 *
 * @template T
 * @param {string} what is looked for
 * @param {readonly (() => Promise<T>)[]} places each rejects where it has nothing
 * @returns {Promise<T>}
 * @throws when none of them has it; the message says why, a line for each.
 */
export async function firstFound(what, places) {
  /** @type {string[]} */
  const reasons = [];
  for (const find of places) {
    try {
      return await find();
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error([`There is no ${what} to run.`, ...reasons].join('\n'));
}
