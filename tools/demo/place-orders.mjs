const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan'];
const PRODUCTS = /** @type {const} */ ([
  { id: 1, name: 'Nintendo', price: 1000 },
  { id: 2, name: 'Camera', price: 2000 },
  { id: 3, name: 'Laptop', price: 3000 },
  { id: 4, name: 'Bike', price: 4000 },
]);

/**
 * Places orders one after another over HTTP, the products in turn, each by a person of its own.
 *
 * @param {string} url of the order service
 * @param {number} count
 * @param {AbortSignal} [signal]
 * @returns {Promise<readonly string[]>} the shipments' ids
 */
export async function placeOrders(url, count, signal) {
  /** @type {string[]} */
  const shipments = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: person(index), product: PRODUCTS[index % PRODUCTS.length] }),
      signal,
    });
    if (answer.status !== 202) throw new Error(`an order was answered with ${answer.status}: ${await answer.text()}`);
    const { shipment } = /** @type {{ shipment: string }} */ (await answer.json());
    shipments.push(shipment);
  }
  return shipments;
}

/** @param {number} index */
function person(index) {
  const name = NAMES[index % NAMES.length] ?? 'Eve';
  return { id: index + 1, email: `${name.toLowerCase()}.${index + 1}@example.com`, name };
}
