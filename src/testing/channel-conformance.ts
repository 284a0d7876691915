import { adminPromises } from './conformance/admin-promises.js';
import { appendPromises } from './conformance/append-promises.js';
import { attemptPromises } from './conformance/attempt-promises.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { contentPromises } from './conformance/content-promises.js';
import { deadLetterPromises } from './conformance/dead-letter-promises.js';
import { extentPromises } from './conformance/extent-promises.js';
import { groupPromises } from './conformance/group-promises.js';
import { orderPromises } from './conformance/order-promises.js';
import { parkedKeyPromises } from './conformance/parked-key-promises.js';
import { readingPromises } from './conformance/reading-promises.js';
import { resetPromises } from './conformance/reset-promises.js';
import { settlementPromises } from './conformance/settlement-promises.js';
import { trafficPromises } from './conformance/traffic-promises.js';
import { trimPromises } from './conformance/trim-promises.js';
import { unknownTypePromises } from './conformance/unknown-type-promises.js';

/**
 * What every channel must keep, as data: run each case with any test runner, but for those that require something the
 * channel does not support, or need something the context does not have. Each case uses a stream of its own, so cases may share a server.
 */
export const channelConformance: readonly ConformanceCase[] = Object.freeze([
  ...appendPromises,
  ...contentPromises,
  ...groupPromises,
  ...orderPromises,
  ...settlementPromises,
  ...attemptPromises,
  ...deadLetterPromises,
  ...unknownTypePromises,
  ...parkedKeyPromises,
  ...readingPromises,
  ...adminPromises,
  ...resetPromises,
  ...extentPromises,
  ...trimPromises,
  ...trafficPromises,
]);
