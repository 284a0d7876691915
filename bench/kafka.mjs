import { startStack } from '../tools/dev-stack/index.mjs';
import { ratioLine } from './statistics.mjs';
import { Worker } from './worker-process.mjs';

/**
 * @typedef {{
 *   kind: string, title: string, unit: string, measure: 'cpu' | 'perSecond', events: Readonly<Record<Side, number>>,
 *   bar: number | { least: number }, beside: string,
 * }} Comparison
 * @typedef {'kafka-hand-written' | 'kafka-nest' | 'kafka-backbone'} Side
 */

/** @type {readonly Comparison[]} */
const COMPARISONS = [
  {
    kind: 'kafka-produce',
    title: 'Kafka: produce, 200 bytes, 64 in flight; beside `sendBatch` of 64 with two headers instead of six',
    beside: 'the same beside `ClientKafka.emit` of `@nestjs/microservices`',
    unit: 'µs of CPU per event',
    measure: 'cpu',
    events: { 'kafka-hand-written': 6_400, 'kafka-nest': 3_200, 'kafka-backbone': 6_400 },
    bar: 1.15,
  },
  {
    kind: 'kafka-consume',
    title: 'Kafka: consume, no-op handler; beside `eachBatch` on records with two headers instead of six',
    beside: 'the same beside `@EventPattern` of `@nestjs/microservices`',
    unit: 'µs of CPU per event',
    measure: 'cpu',
    events: { 'kafka-hand-written': 64_000, 'kafka-nest': 64_000, 'kafka-backbone': 64_000 },
    bar: 1.2,
  },
  {
    kind: 'kafka-slow',
    title: 'Kafka: handlers of 1 ms, 100 keys in one partition, 32 at a time; beside `eachMessage`',
    beside: 'the same beside `@EventPattern` of `@nestjs/microservices`',
    unit: 'events/s',
    measure: 'perSecond',
    events: { 'kafka-hand-written': 1_280, 'kafka-nest': 1_280, 'kafka-backbone': 12_800 },
    bar: { least: 20 },
  },
];

/**
 * The library on Kafka beside kafkajs by hand and beside what NestJS has, in rounds that alternate. The second is shown
 * and held to no bar.
 *
 * @param {number} rounds
 * @returns {Promise<string[]>} rows of the report
 */
export async function compareKafka(rounds) {
  const stack = await startStack({ services: ['kafka'] });
  try {
    // The other rows have taken long to measure: they are not thrown away.
    if (stack.kafka?.available !== true) return [`| Kafka: not measured, ${stack.kafka?.reason ?? ''} | | | | |`];
    const lines = [];
    for (const comparison of COMPARISONS) lines.push(...(await compare(stack.kafka.url, comparison, rounds)));
    return lines;
  } finally {
    await stack.stop();
  }
}

/**
 * @param {string} url
 * @param {Comparison} comparison
 * @param {number} rounds
 */
async function compare(url, { kind, title, beside, unit, measure, events, bar }, rounds) {
  /** @type {readonly Side[]} */
  const names = ['kafka-hand-written', 'kafka-nest', 'kafka-backbone'];
  const sides = names.map((name) => ({ name, worker: new Worker(name, url), amount: events[name] }));
  const close = () => Promise.all(sides.map(({ worker }) => worker.close()));
  try {
    for (const { worker, amount } of sides) await worker.prepare(kind, amount);
    // What is measured is the steady state: all sides first run until their code is compiled.
    for (let i = 0; i < 2; i += 1) for (const { worker, amount } of sides) await worker.run({ kind, amount });
    const [hand, nest] = [/** @type {number[][]} */ ([]), /** @type {number[][]} */ ([])];
    for (let i = 0; i < rounds; i += 1) {
      /** @type {Partial<Record<Side, number>>} */
      const round = {};
      // Who goes first changes, so that nobody always runs on a machine the others have warmed up.
      for (const { name, worker, amount } of i % 2 === 0 ? sides : sides.toReversed()) {
        round[name] = (await worker.run({ kind, amount }))[measure] ?? NaN;
      }
      const { 'kafka-hand-written': byHand = NaN, 'kafka-nest': byNest = NaN, 'kafka-backbone': ours = NaN } = round;
      hand.push([byHand, ours]);
      nest.push([byNest, ours]);
    }
    const lines = [ratioLine(title, hand, bar, unit), ratioLine(beside, nest, undefined, unit)];
    console.log(lines.join('\n'));
    return lines;
  } finally {
    await close();
  }
}
