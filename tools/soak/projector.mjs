import { postgresReadModel } from 'nest-event-backbone/postgres';
import { defineProjection, ProjectionRunner } from 'nest-event-backbone/projections';
import { redisChannel } from 'nest-event-backbone/redis';
import { paymentsContract } from './payments.mjs';

/**
 * A projector in a process of its own, to be killed: it adds up payments from Redis into a table of PostgreSQL, and tells
 * its parent of each transaction. An event that counted twice, or not at all, shows in the sums for good.
 *
 * @typedef {{
 *   mode: 'follow' | 'init' | 'swap', redisUrl: string, postgresUrl: string, environment: string, schema: string,
 *   batchSize?: number,
 * }} ProjectorTask
 */
process.once('disconnect', () => process.exit(2));

/** @type {ProjectorTask} */
const task = JSON.parse(process.argv[2] ?? '{}');
const channel = redisChannel({ url: task.redisUrl });
const model = postgresReadModel({ url: task.postgresUrl, schema: task.schema });
const projection = defineProjection(paymentsContract(), {
  name: 'sums',
  create: async (/** @type {Tx} */ tx) => {
    await tx.query('CREATE TABLE sums (account text PRIMARY KEY, paid bigint NOT NULL, events bigint NOT NULL)');
  },
  on: {
    paid: async (/** @type {string} */ account, /** @type {number} */ amount, /** @type {Projected} */ { tx }) => {
      await tx.query(
        `INSERT INTO sums AS own VALUES ($1, $2, 1) ON CONFLICT (account)
         DO UPDATE SET paid = own.paid + excluded.paid, events = own.events + 1`,
        [account, amount],
      );
    },
  },
});
const { environment, batchSize = 50 } = task;
const runner = new ProjectionRunner({ projection, channel, environment, model, batchSize });
if (task.mode !== 'follow') {
  const report = await runner.init({ swap: task.mode === 'swap', onProgress: ({ done }) => process.send?.({ done }) });
  process.send?.({ report });
}
runner.start();
process.on('message', (/** @type {any} */ { position }) => {
  void runner.waitFor(position, { timeoutMs: 60_000 }).then(() => process.send?.({ reached: true }));
});
process.send?.({ following: true });

/**
 * @typedef {import('nest-event-backbone/postgres').SqlTransaction} Tx
 * @typedef {import('nest-event-backbone/projections').ProjectedEvent<Tx>} Projected
 */
