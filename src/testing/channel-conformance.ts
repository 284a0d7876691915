import { adminPromises } from './conformance/admin-promises.js';
import { appendPromises } from './conformance/append-promises.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { contentPromises } from './conformance/content-promises.js';
import { deadLetterPromises } from './conformance/dead-letter-promises.js';
import { groupPromises } from './conformance/group-promises.js';
import { readingPromises } from './conformance/reading-promises.js';
import { settlementPromises } from './conformance/settlement-promises.js';

/**
 * What every channel must keep, as data: run each case with any test runner, but for those that require something the
 * channel does not support. Each case uses a stream of its own, so cases may share a server.
 */
export const channelConformance: readonly ConformanceCase[] = Object.freeze([
  ...appendPromises,
  ...contentPromises,
  ...groupPromises,
  ...settlementPromises,
  ...deadLetterPromises,
  ...readingPromises,
  ...adminPromises,
]);
