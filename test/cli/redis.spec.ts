import { redisChannel } from 'nest-event-backbone/redis';
import { describe, inject } from 'vitest';
import { describeCommands } from './command-promises.js';

const url = inject('redisUrl');

// Without a server the global set-up says why there is none.
describe.skipIf(url === '')('the command line', () => {
  describeCommands('on Redis', () => ({ server: url, keys: url, open: () => redisChannel({ url }) }));
});
