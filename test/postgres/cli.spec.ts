import { postgresChannel } from 'nest-event-backbone/postgres';
import { describe, inject } from 'vitest';
import { describeCommands } from '../cli/command-promises.js';

const [server, keys] = [inject('postgresUrl'), inject('redisUrl')];

// Without servers the global set-up says why there are none.
describe.skipIf(server === '' || keys === '')('the command line', () => {
  describeCommands('on PostgreSQL', () => ({ server, keys, open: () => postgresChannel({ url: server }) }));
});
