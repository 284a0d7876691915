import Table from 'cli-table3';
import picocolors from 'picocolors';

const STEPS = /** @type {const} */ (['packing', 'on delivery', 'received']);

/**
 * Draws how the shipments ended: whose each was, when each was placed, and how long each step took after the one before.
 *
 * @param {readonly import('./service-answers.mjs').Shipment[]} shipments
 * @returns {string}
 */
export function closingTable(shipments) {
  const { bold, dim, green, yellow } = picocolors;
  const table = new Table({
    head: ['shipment', 'product', 'customer', 'state', 'placed', ...STEPS].map((title) => bold(title)),
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right', 'right', 'right'],
    style: { compact: true, head: [], border: picocolors.isColorSupported ? ['gray'] : [] },
  });
  for (const { shipment, product, customer, state, times } of shipments) {
    const colour = state === 'received' ? green : yellow;
    const placed = times.placed === undefined ? '' : new Date(times.placed).toISOString().slice(11, 23);
    const who = customer === 'erased' ? dim(customer) : (customer?.email ?? '?');
    const took = STEPS.map((_, index) => elapsed(times, index));
    table.push([shipment.slice(0, 8), product ?? '?', who, colour(state), placed, ...took]);
  }
  return table.toString();
}

/**
 * @param {import('./service-answers.mjs').Shipment['times']} times
 * @param {number} index
 */
function elapsed(times, index) {
  const before = times[/** @type {const} */ (['placed', ...STEPS])[index] ?? 'placed'];
  const at = times[STEPS[index] ?? 'received'];
  if (at === undefined || before === undefined) return '';
  return `+${Date.parse(at) - Date.parse(before)} ms`;
}
