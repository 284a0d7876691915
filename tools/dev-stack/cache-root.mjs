import { fileURLToPath } from 'node:url';

/** Where downloaded servers are kept between runs when the caller names no other directory: `.cache` of this project. */
export const cacheRoot = fileURLToPath(new URL('../../.cache', import.meta.url));
