import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisChannel } from 'nest-event-backbone/redis';
import { checkHistory, History } from 'nest-event-backbone/testing';
import { startRedis } from '../dev-stack/index.mjs';
import { deadEventIds } from './dead-event-ids.mjs';
import { slopePerMinute } from './slope.mjs';
import { storedEvents } from './stored-events.mjs';
import { RoughNetwork } from './rough-network.mjs';
import { WorkerProcess } from './worker-process.mjs';

const AOF = ['--appendonly', 'yes', '--appendfsync', 'always'];
const LEASE_MS = 2_000;
const GROUP = 'group';
const DRAIN_WITHIN_MS = 120_000;
const KEPT_BY_TRIM = 20_000;

/** Producers, consumers and a server, what happens to them, and what they saw. */
export class Soak {
  #history = new History();
  #stream = { environment: 'soak', contract: `soak-${randomUUID()}` };
  /** @type {WorkerProcess[]} */
  #producers = [];
  /** @type {WorkerProcess[]} */
  #consumers = [];
  /** Memory of the consumer that is never killed. @type {{ at: number, rss: number }[]} */
  #memory = [];
  #counts = { cuts: 0, kills: 0, restarts: 0, trimmed: 0 };
  #wrongExits = 0;
  #began = performance.now();
  #options;
  #server;
  #network;
  #admin;

  /**
   * @param {{ producers: number, consumers: number, perSecond: number, partitions: number | undefined }} options
   * @param {Awaited<ReturnType<typeof startRedis>>} server
   * @param {RoughNetwork} network
   */
  constructor(options, server, network) {
    this.#options = options;
    this.#server = server;
    this.#network = network;
    this.#admin = redisChannel({ url: server.url, ...this.#channel });
    for (let i = 0; i < options.consumers; i += 1) this.#consumers.push(this.#consumer());
    for (let i = 0; i < options.producers; i += 1) this.#producers.push(this.#producer());
  }

  /** @param {{ producers: number, consumers: number, perSecond: number, partitions: number | undefined }} options */
  static async begin(options) {
    const server = await startRedis({ args: AOF });
    return new Soak(options, server, await RoughNetwork.before(server.url));
  }

  /**
   * Lets things happen for so long.
   *
   * @param {number} forMs
   */
  async run(forMs) {
    const until = this.#began + forMs;
    await Promise.all([
      this.#each(
        until,
        () => randomInt(500, 3_000),
        () => this.#cut(),
      ),
      this.#each(
        until,
        () => 30_000,
        () => this.#killOne(),
      ),
      this.#each(
        until,
        () => randomInt(45_000, 90_000),
        () => this.#restart(),
      ),
      this.#each(
        until,
        () => 60_000,
        () => this.#trim(),
      ),
      this.#each(
        until,
        () => 10_000,
        () => this.#print(),
      ),
      this.#each(
        until,
        () => 1_000,
        () => this.#remember(),
      ),
    ]);
  }

  /** Heals, drains, checks and prints; returns what is not as promised. */
  async close() {
    for (const producer of this.#producers) await this.#leave(producer);
    const drained = await this.#drained();
    const report = checkHistory(this.#history.records, {
      groups: [GROUP],
      order: this.#options.partitions === undefined ? 'consumer' : 'group',
      stored: this.#counts.trimmed > 0 ? undefined : await storedEvents(this.#admin, this.#stream),
    });
    const state = await this.#admin.admin.state(this.#stream, GROUP);
    const dead = await deadEventIds(this.#admin, this.#stream, GROUP);
    for (const consumer of this.#consumers) await this.#leave(consumer);
    const poison = this.#producers.flatMap((producer) => producer.poison);
    const slope = slopePerMinute(this.#memory);
    console.table({
      ...{ appended: report.appended, delivered: report.deliveries, lost: report.lost.length },
      ...{ phantom: report.phantoms.length, duplicates: report.duplicates.length, redelivered: report.redeliveries },
      ...{ 'dead letters': dead.length, 'poison events': poison.length, 'pending at the end': state?.pending },
      ...{ 'memory, MB per minute': (slope / 1_000_000).toFixed(2), ...this.#counts },
    });
    const failures = [...report.failures];
    if (!drained) failures.push(`the group has not drained: ${JSON.stringify(state)}`);
    if (dead.toSorted().join() !== poison.toSorted().join()) {
      failures.push(`${dead.length} dead letters, ${poison.length} poison events, and they are not the same`);
    }
    if (this.#wrongExits > 0) failures.push(`${this.#wrongExits} processes did not end in good order`);
    return failures;
  }

  /** Ends what was started, whatever has happened. */
  async end() {
    await Promise.all([...this.#producers, ...this.#consumers].map((worker) => worker.kill()));
    await this.#admin.close();
    await this.#network.close();
    await this.#server.stop();
  }

  /** @returns {Omit<import('nest-event-backbone/redis').RedisChannelOptions, 'url'>} */
  get #channel() {
    const { partitions } = this.#options;
    return { leaseMs: LEASE_MS, ...(partitions === undefined ? {} : { partitions }) };
  }

  #consumer() {
    const task = { role: /** @type {const} */ ('consume'), url: this.#network.url, stream: this.#stream, group: GROUP };
    const how = { channel: this.#channel, workMs: 2, slowMs: 5_000, stopWithinMs: 10_000 };
    return new WorkerProcess({ ...task, ...how }, this.#history);
  }

  #producer() {
    const task = { role: /** @type {const} */ ('produce'), url: this.#network.url, stream: this.#stream };
    const load = { perSecond: this.#options.perSecond, keys: 32, poisonShare: 0.005, slowShare: 0.01, filler: 300 };
    return new WorkerProcess({ ...task, channel: this.#channel, ...load }, this.#history);
  }

  #cut() {
    this.#counts.cuts += 1;
    this.#network.cut(Math.random());
  }

  async #killOne() {
    const [at, doomed] = [...this.#consumers.entries()][randomInt(1, this.#consumers.length)] ?? [];
    if (at === undefined) return;
    this.#counts.kills += 1;
    await doomed?.kill();
    this.#consumers[at] = this.#consumer();
  }

  async #restart() {
    this.#counts.restarts += 1;
    const { port, dir } = this.#server;
    await this.#server.kill();
    this.#server = await startRedis({ port, dir, args: AOF });
  }

  async #trim() {
    if (!this.#admin.supports.trim) return;
    // The server may be away just now; the next minute will do.
    const trimmed = this.#admin.admin.trim(this.#stream, { keep: KEPT_BY_TRIM }).catch(() => 0);
    this.#counts.trimmed += await trimmed;
  }

  #print() {
    const { records } = this.#history;
    const seconds = Math.round((performance.now() - this.#began) / 1_000);
    const { cuts, kills, restarts } = this.#counts;
    const rss = Math.round((this.#consumers[0]?.state?.rss ?? 0) / 1_000_000);
    console.log(
      `${seconds} s: ${records.length} records, ${cuts} cuts, ${kills} kills, ${restarts} restarts, ${rss} MB`,
    );
  }

  #remember() {
    const rss = this.#consumers[0]?.state?.rss;
    if (rss !== undefined) this.#memory.push({ at: performance.now(), rss });
  }

  async #drained() {
    const until = performance.now() + DRAIN_WITHIN_MS;
    while (performance.now() < until) {
      const state = await this.#admin.admin.state(this.#stream, GROUP).catch(() => undefined);
      if (state?.pending === 0 && state.lag === 0) return true;
      await sleep(100);
    }
    return false;
  }

  /** @param {WorkerProcess} worker */
  async #leave(worker) {
    if ((await worker.stop(30_000)) !== '0') this.#wrongExits += 1;
  }

  /**
   * @param {number} until
   * @param {() => number} pauseMs
   * @param {() => unknown} work
   */
  async #each(until, pauseMs, work) {
    for (let next = performance.now() + pauseMs(); next < until; next = performance.now() + pauseMs()) {
      await sleep(next - performance.now());
      await work();
    }
    await sleep(Math.max(0, until - performance.now()));
  }
}
