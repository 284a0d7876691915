import { describe } from 'vitest';
import { readingPromises } from '../history/reading-promises.js';
import { statePromises } from '../history/state-promises.js';
import { hasServers, openChannel } from './open-channel.js';

// Without a server the global set-up says why there is none.
describe.skipIf(!hasServers)('a reader of a stream in Kafka', () => {
  const open = () => openChannel({ partitions: 3 });
  readingPromises(open);
  statePromises(open);
});
