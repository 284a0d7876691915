import { brokenAdmin } from './broken-admin.js';
import { brokenAppends } from './broken-appends.js';
import type { BrokenChannel } from './broken-channel.js';
import { brokenContent } from './broken-content.js';
import { brokenDeadLetters } from './broken-dead-letters.js';
import { brokenGroups } from './broken-groups.js';
import { brokenReading } from './broken-reading.js';
import { brokenSettlements } from './broken-settlements.js';

/** Every channel that the conformance suite must see through. */
export const brokenChannels: readonly BrokenChannel[] = [
  ...brokenAppends,
  ...brokenContent,
  ...brokenGroups,
  ...brokenSettlements,
  ...brokenDeadLetters,
  ...brokenReading,
  ...brokenAdmin,
];
