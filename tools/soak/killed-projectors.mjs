import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createProducer } from 'nest-event-backbone/core';
import { redisChannel } from 'nest-event-backbone/redis';
import { paymentsContract } from './payments.mjs';

const PROJECTOR = fileURLToPath(new URL('./projector.mjs', import.meta.url));
const ACCOUNTS = 7;

/**
 * Kills projectors in the middle of their work, again and again, while payments are appended. In the end the sums are to be
 * what was paid, and the table, byte by byte, the one that is made from the events without a single kill.
 *
 * @param {{
 *   redisUrl: string, postgresUrl: string, events: number, kills: number,
 *   modes?: readonly ('follow' | 'init' | 'swap')[], log?: (line: string) => void,
 * }} options `modes` take turns
 * @returns {Promise<{ wanted: Sums, got: Sums, table: string, rebuilt: string }>}
 *
 * @typedef {Record<string, { paid: number, events: number }>} Sums
 */
export async function killProjectors({
  redisUrl,
  postgresUrl,
  events,
  kills,
  modes = ['follow'],
  log = () => undefined,
}) {
  const own = { redisUrl, postgresUrl, environment: randomUUID(), schema: `kills_${randomUUID().slice(0, 8)}` };
  const channel = redisChannel({ url: redisUrl });
  const producer = createProducer(paymentsContract(), { channel, environment: own.environment, source: 'soak' });
  /** @type {Sums} */
  const wanted = {};
  let position;
  let appended = 0;
  const append = async (/** @type {number} */ until) => {
    while (appended < until) {
      const receipts = await producer.$batch((batch) => {
        for (let i = 0; i < 50 && appended < until; i += 1, appended += 1) {
          const [account, amount] = [`account ${appended % ACCOUNTS}`, 1 + (appended % 97)];
          const sum = (wanted[account] ??= { paid: 0, events: 0 });
          sum.paid += amount;
          sum.events += 1;
          batch.paid(account, amount);
        }
      });
      position = receipts.at(-1)?.position;
    }
  };
  try {
    for (let round = 0; round < kills; round += 1) {
      // Something to do for each, and the last ones have the most.
      await append(Math.ceil((events * (round + 1)) / (kills + 1)));
      const projector = new Projector({ ...own, mode: modes[round % modes.length] ?? 'follow' });
      await Promise.race([projector.heard(), projector.ended]);
      await sleep(Math.random() * 60);
      await projector.kill();
      log(`kill ${round + 1} of ${kills}: ${appended} of ${events} events appended`);
    }
    await append(events);
    await ran({ ...own, mode: modes.at(-1) ?? 'follow' }, position);
    const fresh = { ...own, schema: `${own.schema}_rebuilt` };
    await ran({ ...fresh, mode: 'init' }, position);
    const [killed, rebuilt] = [await modelIn(own), await modelIn(fresh)];
    return { wanted, got: killed.sums, table: killed.table, rebuilt: rebuilt.table };
  } finally {
    await channel.close();
  }
}

class Projector {
  ended;
  #child;

  /** @param {import('./projector.mjs').ProjectorTask} task */
  constructor(task) {
    this.#child = fork(PROJECTOR, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ended = once(this.#child, 'exit');
  }

  /** Resolves at its first sign of life. */
  heard() {
    return once(this.#child, 'message');
  }

  /** Resolves when its model holds everything up to a position. */
  async reach(/** @type {unknown} */ position) {
    const ended = this.ended.then(() => Promise.reject(new Error('the projector ended by itself')));
    const reached = new Promise((resolve) => {
      this.#child.on('message', (/** @type {any} */ said) => {
        if (said.following) this.#child.send({ position });
        if (said.reached) resolve(undefined);
      });
    });
    await Promise.race([reached, ended]);
  }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/**
 * Lets a projector get as far as a position.
 *
 * @param {import('./projector.mjs').ProjectorTask} task
 * @param {unknown} position
 */
async function ran(task, position) {
  const projector = new Projector(task);
  await projector.reach(position);
  await projector.kill();
}

/**
 * Takes a model with it: its sums, and its table as the server writes it down.
 *
 * @param {{ postgresUrl: string, schema: string }} own
 */
async function modelIn({ postgresUrl, schema }) {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    const { rows } = await client.query(`SELECT own.*, own::text AS line FROM ${schema}.sums own ORDER BY account`);
    /** @type {Sums} */
    const sums = Object.fromEntries(
      rows.map(({ account, paid, events }) => [account, { paid: Number(paid), events: Number(events) }]),
    );
    return { sums, table: rows.map(({ line }) => line).join('\n') };
  } finally {
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
  }
}
