import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStack } from '../tools/dev-stack/index.mjs';
import { Worker } from './worker-process.mjs';
import { measureBacklog } from './backlog.mjs';
import { measureDashboard } from './dashboard.mjs';
import { compareHistory } from './history.mjs';
import { compareKafka } from './kafka.mjs';
import { comparePostgres } from './postgres.mjs';
import { comparePrivacy } from './privacy.mjs';
import { compareTracing } from './tracing.mjs';
import { median, percentile, ratioLine } from './statistics.mjs';

/**
 * `npm run bench`: the library against a hand-written client, and on Kafka against what NestJS has, too; each in a
 * process of its own, in rounds that alternate. Prints the ratios and writes them to bench/results.md; `--only a,b` measures
 * some and leaves the other rows of the page as they are. `--quick` takes a fraction of the time and writes nothing.
 */
const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const quick = values.quick === true;
const rounds = quick ? 3 : 15;

const COMPARISONS = /** @type {const} */ ([
  { kind: 'append', title: 'append, 200 bytes, 64 in flight', events: 6_400, bar: 0.8 },
  { kind: 'append-validated', title: 'append, two validated classes', events: 3_200, bar: undefined },
  { kind: 'append-large', title: 'append, 10 KiB', events: 1_280, bar: 1.1 },
  { kind: 'consume', title: 'consume, no-op handler', events: 12_800, bar: 1.1 },
  { kind: 'consume-validated', title: 'consume, two validated classes', events: 6_400, bar: undefined },
]);

const RESULTS = new URL('results.md', import.meta.url);

build();
const stack = await startStack({ services: ['redis'] });
try {
  if (stack.redis?.available !== true) throw new Error(`no Redis for the bench: ${stack.redis?.reason ?? ''}`);
  const lines = await measure(stack.redis.url);
  console.log(`\n${report(lines)}`);
  if (!quick) writeFileSync(RESULTS, report(values.only === undefined ? lines : renewed(rowsOf(RESULTS), lines)));
} finally {
  await stack.stop();
}

/** @param {string} url */
async function measure(url) {
  const lines = [];
  for (const comparison of COMPARISONS) {
    if (!wanted(comparison.kind)) continue;
    lines.push(await compare(url, comparison));
    console.log(lines.at(-1));
  }
  if (wanted('keys')) lines.push(...(await compareKeys(url)));
  if (wanted('partitions')) for (const n of [1, 4, 16]) lines.push(await throughput(url, n));
  if (wanted('latency')) lines.push(...(await compareLatency(url)));
  if (wanted('idle')) lines.push(await idle(url));
  if (wanted('backlog')) lines.push(await measureBacklog(url, quick ? 100_000 : 1_000_000));
  if (wanted('privacy')) lines.push(...(await comparePrivacy(url, rounds)));
  if (wanted('history')) lines.push(...(await compareHistory(url, rounds, quick)));
  if (wanted('tracing')) lines.push(...(await compareTracing(url, rounds)));
  if (wanted('dashboard')) lines.push(...(await measureDashboard(url, quick)));
  if (wanted('kafka')) lines.push(...(await compareKafka(rounds)));
  if (wanted('postgres')) lines.push(...(await comparePostgres(rounds, quick)));
  return lines;
}

/**
 * @param {string} url
 * @param {(typeof COMPARISONS)[number]} comparison
 */
async function compare(url, { kind, title, events, bar }) {
  const { hand, ours, close } = await sides(url, kind, events);
  try {
    // What is measured is the steady state: both sides first run until their code is compiled.
    for (let i = 0; i < 3; i += 1) for (const side of [hand, ours]) await side.run({ kind, amount: events });
    const pairs = [];
    for (let i = 0; i < rounds; i += 1) {
      // Who goes first changes, so that nobody always runs on a machine the other has warmed up.
      const early = i % 2 === 0 ? await hand.run({ kind, amount: events }) : undefined;
      const { cpu } = await ours.run({ kind, amount: events });
      const { cpu: handCpu } = early ?? (await hand.run({ kind, amount: events }));
      pairs.push([handCpu, cpu]);
    }
    return ratioLine(title, pairs, bar, 'µs of CPU per event');
  } finally {
    await close();
  }
}

/**
 * Handlers of 5 ms, 64 at a time, on streams with more and fewer keys; with many keys against a loop without order by key.
 *
 * @param {string} url
 */
async function compareKeys(url) {
  const lines = [];
  for (const keys of [1_000, 100, 10, 1]) {
    const kind = `keys-${keys}`;
    const events = keys === 1 ? 200 : keys === 10 ? 1_280 : 6_400;
    const { hand, ours, close } = await sides(url, kind, events);
    try {
      for (const side of [hand, ours]) await side.run({ kind, amount: events });
      const pairs = [];
      for (let i = 0; i < Math.min(rounds, 5); i += 1) {
        const a = (await hand.run({ kind, amount: events })).perSecond ?? NaN;
        pairs.push([a, (await ours.run({ kind, amount: events })).perSecond ?? NaN]);
      }
      const bar = keys >= 100 ? { least: 0.8 } : undefined;
      lines.push(ratioLine(`handlers of 5 ms, 64 at a time, ${keys} keys`, pairs, bar, 'events/s'));
      console.log(lines.at(-1));
    } finally {
      await close();
    }
  }
  return lines;
}

/**
 * One consumer reads everything again, from one partition or several.
 *
 * @param {string} url
 * @param {number} partitions
 */
async function throughput(url, partitions) {
  const kind = `partitions-${partitions}`;
  const events = 12_800;
  const worker = new Worker('backbone', url);
  try {
    await worker.prepare(kind, events);
    const rates = [];
    for (let i = 0; i < Math.min(rounds, 5); i += 1) {
      const { perSecond } = await worker.run({ kind, amount: events });
      rates.push(perSecond ?? NaN);
    }
    const line = `| ${partitions} partition${partitions > 1 ? 's' : ''}, no-op handler | | ${median(rates).toFixed(0)} events/s | | |`;
    console.log(line);
    return line;
  } finally {
    await worker.close();
  }
}

/** @param {string} url */
async function compareLatency(url) {
  const { hand, ours, close } = await sides(url, 'latency', 0);
  const ms = quick ? 1_000 : 2_500;
  try {
    /** @type {{ hand: number[], ours: number[] }} */
    const pooled = { hand: [], ours: [] };
    const medians = [];
    for (const side of [hand, ours]) await side.run({ kind: 'latency', amount: 1_000 });
    for (let i = 0; i < rounds; i += 1) {
      const a = (await hand.run({ kind: 'latency', amount: ms })).latencies ?? [];
      const b = (await ours.run({ kind: 'latency', amount: ms })).latencies ?? [];
      pooled.hand.push(...a);
      pooled.ours.push(...b);
      medians.push([median(a), median(b)]);
    }
    const p99 = [percentile(pooled.hand, 0.99), percentile(pooled.ours, 0.99)];
    return [
      ratioLine('latency append -> handler at 500/s, p50', medians, 1.3, 'µs'),
      ratioLine('the same, p99 of all rounds together', [p99], 2, 'µs'),
    ];
  } finally {
    await close();
  }
}

/** @param {string} url */
async function idle(url) {
  const worker = new Worker('backbone', url);
  try {
    await worker.prepare('idle', 0);
    await worker.run({ kind: 'idle', amount: 3_000 });
    const { cpu } = await worker.run({ kind: 'idle', amount: quick ? 5_000 : 20_000 });
    return `| an idle consumer | | ${cpu.toFixed(2)} % of a core | | <= 1 % |`;
  } finally {
    await worker.close();
  }
}

/**
 * @param {string} url
 * @param {string} kind
 * @param {number} events
 */
async function sides(url, kind, events) {
  const hand = new Worker('hand-written', url);
  const ours = new Worker('backbone', url);
  const close = async () => {
    await Promise.all([hand.close(), ours.close()]);
  };
  try {
    await hand.prepare(kind, events);
    await ours.prepare(kind, events);
    return { hand, ours, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {string} kind */
function wanted(kind) {
  return values.only === undefined || values.only.split(',').includes(kind);
}

/** @param {URL} page */
function rowsOf(page) {
  const lines = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  return lines.filter((line) => line.startsWith('| ') && !/^\| (what|---)/.test(line));
}

/**
 * The rows of the page with those that were measured now in their places, new ones behind.
 *
 * @param {readonly string[]} rows
 * @param {readonly string[]} measured
 */
function renewed(rows, measured) {
  const titleOf = (/** @type {string} */ row) => row.split('|')[1];
  const now = new Map(measured.map((row) => [titleOf(row), row]));
  const kept = rows.map((row) => {
    const fresh = now.get(titleOf(row));
    now.delete(titleOf(row));
    return fresh ?? row;
  });
  return [...kept, ...now.values()];
}

/** @param {readonly string[]} lines */
function report(lines) {
  return [
    '# Bench',
    '',
    `Node ${process.version}, ${rounds} interleaved rounds, each side in a process of its own, on a shared machine with two`,
    'cores: read the ratios. Median of the rounds; in brackets the spread of the ratio, lowest to highest.',
    '`npm run bench` writes this page.',
    '',
    '| what | hand-written | nest-event-backbone | ratio | bar |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

function build() {
  const steps = existsSync(new URL('../dist/lib/index.js', import.meta.url)) ? [] : ['tsconfig.lib.json'];
  for (const project of [...steps, 'tsconfig.bench.json']) {
    const { status } = spawnSync('npx', ['tsc', '-p', project], { stdio: 'inherit' });
    if (status !== 0) process.exit(1);
  }
}
