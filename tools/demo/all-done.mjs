import { counted } from './counted.mjs';
import { readEvents } from './read-events.mjs';
import { askGroups, askShipments } from './service-answers.mjs';
import { until } from './until.mjs';

/** @typedef {import('./start-separately.mjs').RunningServices} RunningServices */

/**
 * Waits until the reporter has seen all of these shipments received, and resolves to them, in this order.
 *
 * @param {RunningServices} services
 * @param {readonly string[]} placed
 * @param {number} timeoutMs
 * @param {AbortSignal} signal
 */
export async function allReceived({ urls }, placed, timeoutMs, signal) {
  let received = 0;
  const what = () => `only ${received} of ${placed.length} shipments were received`;
  return until(
    async () => {
      const board = new Map((await askShipments(urls.reporter, signal)).map((one) => [one.shipment, one]));
      const shipments = placed.flatMap((shipment) => board.get(shipment) ?? []);
      received = shipments.filter(({ state }) => state === 'received').length;
      return received === placed.length ? shipments : undefined;
    },
    { timeoutMs, signal, what },
  );
}

/**
 * Waits until both groups have handled what the stream holds, and says so in a line.
 *
 * @param {RunningServices} services
 * @param {string} environment
 * @param {AbortSignal} signal
 */
export async function allHandled({ urls, channel }, environment, signal) {
  let line = '';
  return until(
    async () => {
      const events = await readEvents(channel, environment);
      const orders = events.filter(({ type }) => type.startsWith('orderPlaced.')).length;
      const transit = (await askGroups(urls.transit, signal))['transit']?.handled;
      const reporter = (await askGroups(urls.reporter, signal))['reporter']?.handled;
      const erasures = events.filter(({ type }) => type.startsWith('$')).length;
      const handled = `${transit ?? 0} handled by transit, ${reporter ?? 0} handled by reporter`;
      const told = erasures === 0 ? '' : ` ${counted(erasures, 'erasure')},`;
      line = `${counted(orders, 'order')}, ${counted(events.length - erasures, 'event')},${told} ${handled}`;
      // Transit has no use for erasures.
      return transit === events.length - erasures && reporter === events.length ? line : undefined;
    },
    { timeoutMs: 10_000, signal, what: () => `the counts still differ: ${line}` },
  );
}
