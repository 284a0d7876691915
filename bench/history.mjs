import pg from 'pg';
import { startStack } from '../tools/dev-stack/index.mjs';
import { median, ratioLine } from './statistics.mjs';
import { Worker } from './worker-process.mjs';

/** @typedef {{ kind: string, title: string, events: number, measure: 'perSecond' | 'latencies' }} Comparison */

const ORDER = /** @type {const} */ ([0, 1]);

/** @satisfies {Record<string, Comparison>} */
const COMPARISONS = {
  redis: {
    ...{ kind: 'history-redis', events: 12_800, measure: 'perSecond' },
    title: 'history: all events of a stream on Redis; beside XRANGE and a pipeline of HGETALL',
  },
  get: {
    ...{ kind: 'history-get', events: 640, measure: 'latencies' },
    title: 'history: one event by its position on Redis; beside XRANGE, then HGETALL',
  },
  kafka: {
    ...{ kind: 'history-kafka', events: 64_000, measure: 'perSecond' },
    title: 'history: all events of a stream on Kafka; beside `eachBatch` on the same records',
  },
  postgres: {
    ...{ kind: 'history-postgres', events: 25_600, measure: 'perSecond' },
    title: 'history: all events of a stream on PostgreSQL; beside pages by position, 500 each',
  },
};

/**
 * Reading the past beside what one writes by hand, and how much of it is held and fetched.
 *
 * @param {string} url of Redis
 * @param {number} rounds
 * @param {boolean} quick
 * @returns {Promise<string[]>} rows of the report
 */
export async function compareHistory(url, rounds, quick) {
  /** @type {string[]} */
  const lines = [];
  const add = async (/** @type {Promise<string>} */ measured) => {
    lines.push(await measured);
    console.log(lines.at(-1));
  };
  await add(compare(url, COMPARISONS.redis, rounds));
  await add(compare(url, COMPARISONS.get, rounds));
  await add(keys(url, rounds));
  await add(fold(url));
  await add(memory(url, quick ? 100_000 : 1_000_000));
  await add(onServer('kafka', (other) => compare(other, COMPARISONS.kafka, Math.min(rounds, 7))));
  await add(onServer('postgres', (other) => compare(other, COMPARISONS.postgres, rounds)));
  return lines;
}

/** @param {string} url @param {Comparison} comparison @param {number} rounds */
async function compare(url, { kind, title, events, measure }, rounds) {
  const [hand, ours] = [new Worker('history-hand-written', url), new Worker('history-backbone', url)];
  try {
    // It makes the tables that are read by hand, too.
    for (const side of [ours, hand]) await side.prepare(kind, events);
    for (let i = 0; i < 2; i += 1) for (const side of [hand, ours]) await side.run({ kind, amount: events });
    const pairs = [];
    for (let i = 0; i < rounds; i += 1) {
      const pair = [NaN, NaN];
      // Who goes first changes, so that nobody always runs on a machine the other has warmed up.
      for (const index of i % 2 === 0 ? ORDER : ORDER.toReversed()) {
        const result = await [hand, ours][index]?.run({ kind, amount: events });
        pair[index] = (measure === 'latencies' ? median(result?.latencies ?? []) : result?.perSecond) ?? NaN;
      }
      pairs.push(pair);
    }
    // Beside a server on the same machine, a round trip that is saved counts for little.
    if (measure === 'latencies') return ratioLine(title, pairs, undefined, 'µs');
    return ratioLine(title, pairs, { least: 0.8 }, 'events/s');
  } finally {
    await Promise.all([hand.close(), ours.close()]);
  }
}

/** @param {string} url @param {number} rounds */
async function keys(url, rounds) {
  const kind = 'history-key';
  return alone(url, kind, 50_048, async (worker) => {
    const latencies = [];
    for (let i = 0; i < Math.min(rounds, 5); i += 1) {
      latencies.push(...((await worker.run({ kind, amount: 500 })).latencies ?? []));
    }
    return `| history: the five events of one key among 10,000 on Redis, with \`keyIndex\` | | ${median(latencies).toFixed(0)} µs | | |`;
  });
}

/** @param {string} url */
async function fold(url) {
  const kind = 'history-fold';
  const events = 20_480;
  return alone(url, kind, events, async (worker) => {
    const { perSecond: read = NaN, latencies = [] } = await worker.run({ kind, amount: 1 });
    const ms = (median(latencies) / 1000).toFixed(0);
    return `| history: the state of a key with ${events.toLocaleString('en')} events, snapshots every 1,000 | | ${read} events read, ${ms} ms | | <= 1000 |`;
  });
}

/**
 * A new process reads everything; what counts is the most memory that it ever held.
 *
 * @param {string} url
 * @param {number} events
 */
async function memory(url, events) {
  const producer = new Worker('backbone', url);
  try {
    await producer.prepare('append', 0);
    // Some may be there from other rounds of the same run: they are read, too.
    for (let made = 0; made < events; made += 50_048) await producer.run({ kind: 'append', amount: 50_048 });
  } finally {
    await producer.close();
  }
  return alone(url, 'history-memory', 0, async (worker) => {
    const { perSecond: seen = NaN, cpu } = await worker.run({ kind: 'history-memory', amount: 0 });
    const megabytes = (worker.peakRss / 1024 / 1024).toFixed(0);
    return `| history: ${seen.toLocaleString('en')} events read on Redis | | ${megabytes} MB RSS at most, ${cpu.toFixed(1)} µs of CPU per event | | <= 200 MB |`;
  });
}

/**
 * @param {string} url
 * @param {string} kind
 * @param {number} events
 * @param {(worker: Worker) => Promise<string>} work
 */
async function alone(url, kind, events, work) {
  const worker = new Worker('history-backbone', url);
  try {
    await worker.prepare(kind, events);
    return await work(worker);
  } finally {
    await worker.close();
  }
}

/**
 * @param {'kafka' | 'postgres'} service
 * @param {(url: string) => Promise<string>} work
 */
async function onServer(service, work) {
  const stack = await startStack({ services: [service] });
  const server = stack[service];
  try {
    // The other rows have taken long to measure: they are not thrown away.
    if (server?.available !== true) {
      return `| history on ${service}: not measured, ${(server?.reason ?? '').replaceAll('\n', '; ')} | | | | |`;
    }
    if (service === 'postgres') await emptied(server.url);
    return await work(server.url);
  } finally {
    await stack.stop();
  }
}

/** @param {string} url */
async function emptied(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('DROP SCHEMA IF EXISTS bench CASCADE').finally(() => client.end());
}
