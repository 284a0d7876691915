import pg from 'pg';
import { startStack } from '../tools/dev-stack/index.mjs';
import { median, percentile, ratioLine } from './statistics.mjs';
import { Worker } from './worker-process.mjs';

/**
 * @typedef {{ kind: string, title: string, stored: number, events: number, bar: { least: number } | undefined }} Comparison
 * @typedef {{ url: string, rounds: number, quick: boolean }} Bench
 */

const ORDER = /** @type {const} */ ([0, 1]);

/** @type {readonly Comparison[]} */
const COMPARISONS = [
  {
    kind: 'postgres-append',
    title: 'PostgreSQL: append, 20 connections at work, one caller and stream each; beside a bare INSERT on 20',
    ...{ stored: 0, events: 4_000, bar: { least: 0.75 } },
  },
  {
    kind: 'postgres-append-together',
    title: 'the same pool, 20 callers of one stream, whose appends travel together',
    ...{ stored: 0, events: 4_000, bar: { least: 0.75 } },
  },
  {
    kind: 'postgres-catch-up',
    title: 'PostgreSQL: projection with a no-op handler; beside a cursor over the same rows',
    ...{ stored: 40_000, events: 40_000, bar: { least: 0.5 } },
  },
  {
    kind: 'postgres-upserts',
    title: 'PostgreSQL: projection with an upsert per event, 500 per transaction; beside the same by hand',
    ...{ stored: 8_000, events: 8_000, bar: { least: 0.6 } },
  },
];

/**
 * The library on PostgreSQL beside `pg` by hand, in rounds that alternate, with as many connections on both sides.
 *
 * @param {number} rounds
 * @param {boolean} quick
 * @returns {Promise<string[]>} rows of the report
 */
export async function comparePostgres(rounds, quick) {
  const stack = await startStack({ services: ['postgres'] });
  try {
    // The other rows have taken long to measure: they are not thrown away.
    if (stack.postgres?.available !== true) {
      // A reason may have a line for each place that was looked at.
      const reason = (stack.postgres?.reason ?? '').replaceAll('\n', '; ');
      return [`| PostgreSQL: not measured, ${reason} | | | | |`];
    }
    const bench = { url: stack.postgres.url, rounds, quick };
    const lines = [];
    for (const comparison of COMPARISONS) lines.push(await shown(compare(bench, comparison)));
    lines.push(await shown(compareLatency(bench)));
    lines.push(await shown(rebuild(bench)));
    return lines;
  } finally {
    await stack.stop();
  }
}

/** @param {Bench} bench @param {Comparison} comparison */
function compare({ url, rounds }, { kind, title, stored, events, bar }) {
  return onBothSides(url, kind, stored, async (sides) => {
    // What is measured is the steady state: both sides first run until their code is compiled.
    for (let i = 0; i < 2; i += 1) for (const side of sides) await side.run({ kind, amount: events });
    const pairs = [];
    for (let i = 0; i < rounds; i += 1) {
      const rates = [NaN, NaN];
      // Who goes first changes, so that nobody always runs on a machine the other has warmed up.
      for (const index of i % 2 === 0 ? ORDER : ORDER.toReversed()) {
        rates[index] = (await sides[index].run({ kind, amount: events })).perSecond ?? NaN;
      }
      pairs.push(rates);
    }
    return ratioLine(title, pairs, bar, 'events/s');
  });
}

/** @param {Bench} bench */
function compareLatency({ url, rounds, quick }) {
  const kind = 'postgres-latency';
  const ms = quick ? 1_000 : 2_500;
  return onBothSides(url, kind, 0, async (sides) => {
    for (const side of sides) await side.run({ kind, amount: 1_000 });
    /** @type {[number[], number[]]} */
    const pooled = [[], []];
    const medians = [];
    for (let i = 0; i < rounds; i += 1) {
      /** @type {[number[], number[]]} */
      const round = [[], []];
      for (const index of i % 2 === 0 ? ORDER : ORDER.toReversed()) {
        round[index] = (await sides[index].run({ kind, amount: ms })).latencies ?? [];
        pooled[index].push(...round[index]);
      }
      medians.push(round.map(median));
    }
    return [
      ratioLine('PostgreSQL: append -> handler at 500/s, p50; beside NOTIFY -> notification', medians, undefined, 'µs'),
      ratioLine('the same, p99 of all rounds together', [pooled.map((all) => percentile(all, 0.99))], 3, 'µs'),
    ].join('\n');
  });
}

/**
 * A new process makes a read model anew; what counts is the most memory that it ever held.
 *
 * @param {Bench} bench
 */
async function rebuild({ url, quick }) {
  const kind = 'postgres-rebuild';
  const events = quick ? 100_000 : 1_000_000;
  await emptied(url);
  const producer = new Worker('postgres-backbone', url);
  await producer.prepare(kind, events).finally(() => producer.close());
  const builder = new Worker('postgres-backbone', url);
  try {
    await builder.prepare(kind, 0);
    const { perSecond = NaN } = await builder.run({ kind, amount: events });
    const megabytes = (builder.peakRss / 1024 / 1024).toFixed(0);
    const time = `${(events / perSecond).toFixed(0)} s, ${perSecond.toFixed(0)} events/s`;
    return `| PostgreSQL: rebuild of ${events.toLocaleString('en')} events, an upsert each | | ${megabytes} MB RSS at most, ${time} | | <= 256 MB |`;
  } finally {
    await builder.close();
    await emptied(url);
  }
}

/**
 * @param {string} url
 * @param {string} kind
 * @param {number} stored how many events there are
 * @param {(sides: readonly [hand: Worker, ours: Worker]) => Promise<string>} work
 */
async function onBothSides(url, kind, stored, work) {
  await emptied(url);
  const hand = new Worker('postgres-hand-written', url);
  const ours = new Worker('postgres-backbone', url);
  try {
    // It makes the tables.
    await ours.prepare(kind, stored);
    await hand.prepare(kind, 0);
    await onServer(url, 'VACUUM ANALYZE');
    return await work([hand, ours]);
  } finally {
    await Promise.all([hand.close(), ours.close()]);
    await emptied(url);
  }
}

/** @param {string} url */
function emptied(url) {
  return onServer(url, 'DROP SCHEMA IF EXISTS bench, bench_by_hand CASCADE');
}

/** @param {string} url @param {string} sql */
async function onServer(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** @param {Promise<string>} measured */
async function shown(measured) {
  const line = await measured;
  console.log(line);
  return line;
}
