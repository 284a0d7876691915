import { fileURLToPath } from 'node:url';

/** The services of the demo, in the order of their start. */
export const SERVICES = /** @type {const} */ (['order', 'transit', 'reporter']);

/** @typedef {(typeof SERVICES)[number]} ServiceName */

/** Where the project is. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
