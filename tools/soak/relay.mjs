import { randomUUID } from 'node:crypto';
import { Relay } from 'nest-event-backbone/core';
import { postgresChannel } from 'nest-event-backbone/postgres';
import { redisChannel } from 'nest-event-backbone/redis';

/**
 * A relay from PostgreSQL to Redis in a process of its own, to be killed. It tells its parent how it stands.
 *
 * @typedef {{
 *   postgresUrl: string, table: string, redisUrl: string,
 *   stream: import('nest-event-backbone/core').Stream, target: import('nest-event-backbone/core').Stream,
 *   leaseMs: number, batchSize?: number, diesBehind?: number, newIds?: boolean,
 * }} RelayTask
 *   `diesBehind`: it kills itself when the target has confirmed so many batches, before it settles the last one. `newIds`:
 *   the target cannot know what it has already.
 */
process.once('disconnect', () => process.exit(2));

/** @type {RelayTask} */
const task = JSON.parse(process.argv[2] ?? '{}');
const { postgresUrl, table, redisUrl, stream, target, leaseMs, batchSize = 20, diesBehind, newIds = false } = task;
const from = postgresChannel({ url: postgresUrl, table, leaseMs });
const redis = redisChannel({ url: redisUrl });
let confirmed = 0;

/** @type {import('nest-event-backbone/core').Channel} */
const to = {
  ...{ supports: redis.supports, admin: redis.admin },
  read: (options) => redis.read(options),
  subscribe: (options) => redis.subscribe(options),
  close: () => redis.close(),
  publish: async (where, messages, options) => {
    const sent = newIds ? messages.map((message) => ({ ...message, id: randomUUID() })) : messages;
    const published = await redis.publish(where, sent, options);
    confirmed += 1;
    if (confirmed === diesBehind) process.kill(process.pid, 'SIGKILL');
    return published;
  },
};

const relay = new Relay({ from, to, stream, target, batchSize });
relay.start();
setInterval(() => process.send?.(relay.state), 5);
