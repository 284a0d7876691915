import { isDeepStrictEqual } from 'node:util';
import { counted } from './counted.mjs';
import { askPersonalData, askShipments, askToForget } from './service-answers.mjs';
import { until } from './until.mjs';

/**
 * @typedef {import('./service-answers.mjs').Shipment} Shipment
 *
 * Has the first customer forgotten, and the reporter started anew: its board must show this customer no more, and
 * everything else as before.
 *
 * @param {import('./start-separately.mjs').RunningServices} services
 * @param {{
 *   shipments: readonly Shipment[], timeoutMs: number, say: (text: string) => void, signal: AbortSignal,
 * }} options `shipments` is how the reporter shows them
 * @returns {Promise<{ shipments: readonly Shipment[], result: string }>} the shipments as they are shown then, and a line
 *   that says what has held
 * @throws when something did not hold
 */
export async function forgetCustomer({ urls, restart }, { shipments, timeoutMs, say, signal }) {
  const [email, other] = new Set(shipments.flatMap((shipment) => emailOf(shipment) ?? []));
  if (email === undefined || other === undefined) throw new Error('the reporter does not show two customers');
  const known = async () => {
    const [own, others] = await Promise.all([email, other].map((one) => askPersonalData(urls.order, one, signal)));
    return { own: own?.length ?? 0, others: others?.length ?? 0 };
  };

  const before = await known();
  say(`${email} asks to be forgotten: ${counted(before.own, 'event')} to erase this customer from`);
  const erased = await askToForget(urls.order, email, signal);
  const after = await known();
  if (before.own === 0 || erased.events !== before.own || after.own > 0) {
    throw new Error(`of ${before.own} events, ${erased.events} were erased, and ${after.own} still know ${email}`);
  }
  if (after.others !== before.others)
    throw new Error(`of ${before.others} events, ${after.others} still know ${other}`);

  const expected = shipments.map((shipment) => (emailOf(shipment) === email ? withoutCustomer(shipment) : shipment));
  /** @param {string} otherwise */
  const shown = (otherwise) =>
    until(
      async () => {
        const board = new Map((await askShipments(urls.reporter, signal)).map((one) => [one.shipment, one]));
        return expected.every((one) => isDeepStrictEqual(board.get(one.shipment), one)) ? true : undefined;
      },
      { timeoutMs, signal, what: () => otherwise },
    );
  await shown(`the reporter does not show ${email} as erased, and everybody else as before`);
  say('erased in the stream and on the board; the reporter starts anew, and makes its board from the stream again');
  await restart('reporter');
  await shown('the board is another one than before the reporter started anew');
  const what = `${counted(erased.fields, 'field')} and ${counted(erased.keys, 'key')}`;
  return { shipments: expected, result: `${email} is forgotten, ${what} erased; a replay shows all others whole` };
}

/** @param {Shipment} shipment */
function emailOf({ customer }) {
  return typeof customer === 'object' ? customer.email : undefined;
}

/** @param {Shipment} shipment @returns {Shipment} */
function withoutCustomer(shipment) {
  return { ...shipment, customer: 'erased' };
}
