import { Redis } from 'ioredis';
import { median, percentile, ratioLine } from './statistics.mjs';
import { Worker } from './worker-process.mjs';

/**
 * @typedef {{ kind: string, title: string, sides: readonly [Side, Side], stored?: number, events: number, bar?: number }}
 *   Comparison
 * @typedef {ConstructorParameters<typeof Worker>[0]} Side
 */

const ORDER = /** @type {const} */ ([0, 1]);
const CIPHERS = /** @type {const} */ (['privacy-hand-cipher', 'privacy-cipher']);
const LETTERS = /** @type {const} */ (['privacy-hand-letters', 'privacy-letters']);

/** @type {readonly Comparison[]} */
const COMPARISONS = [
  {
    ...{ kind: 'privacy-cipher-200', sides: CIPHERS, events: 64_000, bar: 1.3 },
    title: 'encryption alone, 200 bytes out and in again; beside a loop of bare ciphers',
  },
  {
    ...{ kind: 'privacy-cipher-10240', sides: CIPHERS, events: 12_800, bar: 1.3 },
    title: 'encryption alone, 10 KiB out and in again; beside a loop of bare ciphers',
  },
  {
    ...{ kind: 'privacy-append-200', sides: LETTERS, events: 6_400, bar: 1.3 },
    title: 'append with 200 personal bytes, keys at hand; beside ciphers by hand around the same',
  },
  {
    ...{ kind: 'privacy-append-10240', sides: LETTERS, events: 640, bar: 1.3 },
    title: 'append with 10 KiB of personal data, keys at hand; beside ciphers by hand around the same',
  },
  {
    ...{ kind: 'privacy-append-indexed-200', sides: LETTERS, events: 3_200 },
    title: 'append with 200 personal bytes and the index of people on Redis; beside ciphers by hand, and no index',
  },
  {
    ...{ kind: 'privacy-consume-200', sides: LETTERS, stored: 6_400, events: 6_400, bar: 1.3 },
    title: 'consume 200 personal bytes, keys at hand; beside ciphers by hand around the same',
  },
  {
    ...{ kind: 'privacy-consume-10240', sides: LETTERS, stored: 1_280, events: 1_280, bar: 1.3 },
    title: 'consume 10 KiB of personal data, keys at hand; beside ciphers by hand around the same',
  },
];

const DOCUMENTS = 640;
const ERASED_EVENTS = 10_000;
const SLICE_MS = 200;

/**
 * What payload stores save a group that skips events, what encryption costs beside ciphers by hand, and how long it takes
 * to erase a person.
 *
 * @param {string} url
 * @param {number} rounds
 * @returns {Promise<string[]>} rows of the report
 */
export async function comparePrivacy(url, rounds) {
  const lines = [await shown(compareBytes(url, Math.min(rounds, 5)))];
  for (const comparison of COMPARISONS) lines.push(await shown(compare(url, comparison, rounds)));
  for (const kind of /** @type {const} */ (['one-key', 'own-keys'])) {
    lines.push(await shown(erasing(url, kind, Math.min(rounds, 7))));
  }
  return lines;
}

/** @param {string} url @param {Comparison} comparison @param {number} rounds */
async function compare(url, { kind, title, sides, stored = 0, events, bar }, rounds) {
  const workers = /** @type {const} */ ([new Worker(sides[0], url), new Worker(sides[1], url)]);
  try {
    for (const worker of workers) await worker.prepare(kind, stored);
    // What is measured is the steady state: both sides first run until their code is compiled.
    for (let i = 0; i < 2; i += 1) for (const worker of workers) await worker.run({ kind, amount: events });
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

/**
 * How much the server sends to a group that handles events and to one that skips them.
 *
 * @param {string} url
 * @param {number} rounds
 */
async function compareBytes(url, rounds) {
  const kinds = ['privacy-documents-handled', 'privacy-documents-skipped'];
  const groups = kinds.map((kind) => ({ kind, worker: new Worker('privacy-documents', url) }));
  const client = new Redis(url);
  try {
    for (const { kind, worker } of groups) await worker.prepare(kind, DOCUMENTS);
    const pairs = [];
    for (let i = 0; i < rounds; i += 1) {
      const pair = [];
      for (const { kind, worker } of groups) {
        const before = await sentBytes(client);
        await worker.run({ kind, amount: DOCUMENTS });
        pair.push(((await sentBytes(client)) - before) / DOCUMENTS);
      }
      pairs.push(pair);
    }
    const title =
      'bytes from Redis per event with 10 KiB in a payload store, a group that skips it; beside one that handles it';
    return ratioLine(title, pairs, 0.1, 'bytes');
  } finally {
    client.disconnect();
    await Promise.all(groups.map(({ worker }) => worker.close()));
  }
}

/** @param {Redis} client */
async function sentBytes(client) {
  return Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
}

/**
 * Erases one person after the other, while another process appends and handles events of another stream.
 *
 * @param {string} url
 * @param {'one-key' | 'own-keys'} keys
 * @param {number} rounds
 */
async function erasing(url, keys, rounds) {
  const eraser = new Worker('privacy-erasing', url);
  const reader = new Worker('backbone', url);
  const slice = async () => (await reader.run({ kind: 'latency', amount: SLICE_MS })).latencies ?? [];
  try {
    await eraser.prepare(`privacy-${keys}`, 0);
    await reader.prepare('latency', 0);
    await reader.run({ kind: 'latency', amount: 2_000 });
    const seconds = [];
    /** @type {{ before: number[], during: number[] }} */
    const latencies = { before: [], during: [] };
    for (let i = 0; i < rounds; i += 1) {
      await eraser.run({ kind: `privacy-${keys}`, amount: ERASED_EVENTS });
      for (let n = 0; n < 5; n += 1) latencies.before.push(...(await slice()));
      let isErasing = true;
      const whileErasing = async () => {
        while (isErasing) {
          const some = await slice();
          // What went on when nothing was erased any more tells nothing.
          if (isErasing) latencies.during.push(...some);
        }
      };
      const erase = eraser.run({ kind: 'privacy-erase', amount: ERASED_EVENTS }).finally(() => (isErasing = false));
      const [{ perSecond = NaN }] = await Promise.all([erase, whileErasing()]);
      seconds.push(ERASED_EVENTS / perSecond);
    }
    const spread = `${Math.min(...seconds).toFixed(1)}..${Math.max(...seconds).toFixed(1)}`;
    const events = `${ERASED_EVENTS.toLocaleString('en')} events ${keys === 'one-key' ? 'of one key' : 'with keys of their own'}`;
    const p99 = [percentile(latencies.before, 0.99), percentile(latencies.during, 0.99)];
    return [
      `| erase of a person with ${events} | | ${median(seconds).toFixed(1)} s (${spread}) | | <= 5 s |`,
      ratioLine(
        `latency append -> handler at 500/s, p99 while a person with ${events} is erased; beside before`,
        [p99],
        2,
        'µs',
      ),
    ].join('\n');
  } finally {
    await Promise.all([eraser.close(), reader.close()]);
  }
}

/** @param {Promise<string>} measured */
async function shown(measured) {
  const line = await measured;
  console.log(line);
  return line;
}
