import Table from 'cli-table3';
import picocolors from 'picocolors';

/**
 * Draws both models side by side.
 *
 * @param {readonly import('./compare-models.mjs').Compared[]} compared
 * @returns {string}
 */
export function closingTable(compared) {
  const { bold, dim, green, red } = picocolors;
  const head = ['user', 'write model (events)', 'version', 'read model (row)', 'version', 'updated', 'agree'];
  const table = new Table({
    head: head.map((title) => bold(title)),
    colAligns: ['left', 'left', 'right', 'left', 'right', 'left', 'left'],
    style: { compact: true, head: [], border: picocolors.isColorSupported ? ['gray'] : [] },
  });
  for (const { id, written, read, agrees } of compared) {
    table.push([
      id.slice(0, 8),
      written?.name ?? dim('deleted'),
      written?.version ?? '',
      read?.name ?? dim('no row'),
      read?.version ?? '',
      read?.updatedAt.slice(11, 23) ?? '',
      agrees ? green('yes') : red('NO'),
    ]);
  }
  return table.toString();
}
