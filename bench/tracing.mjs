import { ratioLine } from './statistics.mjs';
import { Worker } from './worker-process.mjs';

/** @typedef {ConstructorParameters<typeof Worker>[0]} Side */

const ORDER = /** @type {const} */ ([0, 1]);
const ON = /** @type {const} */ (['tracing-by-hand', 'tracing-on']);
const OFF = /** @type {const} */ (['tracing-none', 'tracing-without-provider']);

/** @type {readonly { kind: string, title: string, sides: readonly [Side, Side], events: number, bar?: number }[]} */
const COMPARISONS = [
  {
    ...{ kind: 'tracing-append', sides: ON, events: 6_400, bar: 1.2 },
    title: 'append, traced; beside the same spans opened by hand around the same',
  },
  {
    ...{ kind: 'tracing-consume', sides: ON, events: 12_800, bar: 1.2 },
    title: 'consume, traced; beside the same spans opened by hand around the same',
  },
  {
    ...{ kind: 'tracing-append', sides: OFF, events: 6_400 },
    title: 'append with `tracing()` where nothing takes spans; beside none',
  },
  {
    ...{ kind: 'tracing-consume', sides: OFF, events: 12_800 },
    title: 'consume with `tracing()` where nothing takes spans; beside none',
  },
];

/**
 * What tracing costs beside spans opened by hand, and where nothing takes spans.
 *
 * @param {string} url
 * @param {number} rounds
 * @returns {Promise<string[]>} rows of the report
 */
export async function compareTracing(url, rounds) {
  const lines = [];
  for (const comparison of COMPARISONS) {
    lines.push(await compare(url, comparison, rounds));
    console.log(lines.at(-1));
  }
  return lines;
}

/** @param {string} url @param {(typeof COMPARISONS)[number]} comparison @param {number} rounds */
async function compare(url, { kind, title, sides, events, bar }, rounds) {
  const workers = /** @type {const} */ ([new Worker(sides[0], url), new Worker(sides[1], url)]);
  try {
    for (const worker of workers) await worker.prepare(kind, events);
    // What is measured is the steady state: both sides first run until their code is compiled.
    for (let i = 0; i < 3; i += 1) for (const worker of workers) await worker.run({ kind, amount: events });
    const pairs = [];
    for (let i = 0; i < rounds; i += 1) {
      const pair = [NaN, NaN];
      // Who goes first changes, so that nobody always runs on a machine the other has warmed up.
      for (const index of i % 2 === 0 ? ORDER : ORDER.toReversed()) {
        pair[index] = (await workers[index].run({ kind, amount: events })).cpu;
      }
      pairs.push(pair);
    }
    return ratioLine(title, pairs, bar, 'µs of CPU per event');
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}
