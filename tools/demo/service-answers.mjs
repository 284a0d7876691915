/**
 * @typedef {'placed' | 'packing' | 'on delivery' | 'received'} Step
 * @typedef {{
 *   shipment: string, customer?: { name: string, email: string } | 'erased', product?: string,
 *   state: Step, times: Partial<Record<Step, string>>,
 * }} Shipment
 * @typedef {{ events: number, fields: number, keys: number, announced: number }} ErasedData
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

/**
 * Asks the order service which events hold data of a person.
 *
 * @param {string} url
 * @param {string} email
 * @param {AbortSignal} [signal]
 * @returns {Promise<readonly { id: string, type: string, fields: Readonly<Record<string, unknown>> }[]>}
 */
export async function askPersonalData(url, email, signal) {
  return /** @type {Awaited<ReturnType<typeof askPersonalData>>} */ (await ask(dataOf(url, email), signal));
}

/**
 * Has the order service forget a person.
 *
 * @param {string} url
 * @param {string} email
 * @param {AbortSignal} [signal]
 * @returns {Promise<ErasedData>}
 */
export async function askToForget(url, email, signal) {
  return /** @type {ErasedData} */ (await ask(dataOf(url, email), signal, 'DELETE'));
}

/** @param {string} url @param {string} email */
function dataOf(url, email) {
  return `${url}/people/${encodeURIComponent(email)}/data`;
}

/** @param {string} url @param {AbortSignal} [signal] @param {string} [method] @returns {Promise<unknown>} */
async function ask(url, signal, method) {
  const answer = await fetch(url, { signal, method });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
