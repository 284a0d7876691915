/**
 * @typedef {'placed' | 'packing' | 'on delivery' | 'received'} Step
 * @typedef {{ shipment: string, product?: string, state: Step, times: Partial<Record<Step, string>> }} Shipment
 */

/**
 * Asks the reporter how all shipments stand.
 *
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<readonly Shipment[]>}
 */
export async function askShipments(url, signal) {
  return /** @type {readonly Shipment[]} */ (await ask(`${url}/shipments`, signal));
}

/**
 * Asks a service how many events each of its groups has handled.
 *
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<Readonly<Record<string, { handled: number, deadLetters: number }>>>}
 */
export async function askGroups(url, signal) {
  const { groups } = /** @type {{ groups: Record<string, { handled: number, deadLetters: number }> }} */ (
    await ask(`${url}/status`, signal)
  );
  return groups;
}

/**
 * Asks a service whether it is well; throws when it is not.
 *
 * @param {string} url
 * @param {AbortSignal} [signal]
 */
export async function askHealth(url, signal) {
  await ask(`${url}/health`, signal);
}

/** @param {string} url @param {AbortSignal} [signal] @returns {Promise<unknown>} */
async function ask(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
