import { describe } from 'vitest';
import { schemaPromises } from '../schema/schema-promises.js';
import { hasServers, openChannel } from './open-channel.js';

// Without a server the global set-up says why there is none.
describe.skipIf(!hasServers)('schemas in the stream, in Kafka', () => {
  schemaPromises(() => openChannel({ partitions: 3 }));
});
