import { brokenAdmin } from './broken-admin.js';
import { brokenAppends } from './broken-appends.js';
import { brokenAttempts } from './broken-attempts.js';
import type { BrokenChannel } from './broken-channel.js';
import { brokenContent } from './broken-content.js';
import { brokenDeadLetters } from './broken-dead-letters.js';
import { brokenExtents } from './broken-extents.js';
import { brokenGroups } from './broken-groups.js';
import { brokenOrder } from './broken-order.js';
import { brokenParkedKeys } from './broken-parked-keys.js';
import { brokenReading } from './broken-reading.js';
import { brokenResets } from './broken-resets.js';
import { brokenSettlements } from './broken-settlements.js';
import { brokenTraffic } from './broken-traffic.js';
import { brokenTrims } from './broken-trims.js';
import { brokenUnknownTypes } from './broken-unknown-types.js';

/** Every channel that the conformance suite must see through. */
export const brokenChannels: readonly BrokenChannel[] = [
  ...brokenAppends,
  ...brokenContent,
  ...brokenGroups,
  ...brokenOrder,
  ...brokenSettlements,
  ...brokenAttempts,
  ...brokenDeadLetters,
  ...brokenUnknownTypes,
  ...brokenParkedKeys,
  ...brokenReading,
  ...brokenAdmin,
  ...brokenResets,
  ...brokenExtents,
  ...brokenTrims,
  ...brokenTraffic,
];
