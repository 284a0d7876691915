import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/**
 * @typedef {{
 *   role: 'produce' | 'consume',
 *   url: string,
 *   stream: import('nest-event-backbone/core').Stream,
 *   channel?: Omit<import('nest-event-backbone/redis').RedisChannelOptions, 'url'>,
 *   group?: string,
 *   settings?: import('nest-event-backbone/core').ConsumerSettings,
 *   handler?: 'hang' | 'block',
 *   workMs?: number,
 *   slowMs?: number,
 *   stopWithinMs?: number,
 *   keys?: number,
 *   perSecond?: number,
 *   events?: number,
 *   poisonShare?: number,
 *   slowShare?: number,
 *   filler?: number,
 * }} WorkerTask
 *   `handler`: `hang` never ends, `block` keeps the process busy for `slowMs`; otherwise a handler takes `workMs`, or
 *   `slowMs` for a slow event. `filler`: how long each event's text is made.
 *
 * @typedef {{ inFlight: number, handled: number, deadLetters: number, rss: number }} WorkerState
 */

/** A worker as its parent sees it. It ends with its parent, whatever happens. */
export class WorkerProcess {
  /** Events that the worker has told to be poison. @type {string[]} */
  poison = [];
  /** Events whose handlers were told to give up. @type {string[]} */
  aborted = [];
  /** How many settlements came too late. */
  leaseLost = 0;
  /** @type {WorkerState | undefined} */
  state;
  /** True once it has left in good order. */
  left = false;
  #child;
  #ended;

  /**
   * @param {WorkerTask} task
   * @param {import('nest-event-backbone/testing').History} history takes what the worker sees
   */
  constructor(task, history) {
    this.#child = fork(WORKER, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => String(signal ?? code));
    this.#child.on('message', (/** @type {any} */ said) => {
      if (said.records) history.add(said.records);
      if (said.poison) this.poison.push(said.poison);
      if (said.aborted) this.aborted.push(said.aborted);
      if (said.leaseLost) this.leaseLost += said.leaseLost;
      if (said.state) this.state = said.state;
      if (said.left) this.left = true;
    });
  }

  /** Resolves when the worker is gone: to its exit code, or to the signal that ended it. */
  get ended() {
    return this.#ended;
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Ends it and resolves when it is gone; it has this long to do so in good order. */
  async stop(withinMs = 10_000) {
    if (!this.isRunning) return this.#ended;
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const timer = setTimeout(() => this.signal('SIGKILL'), withinMs);
    const how = await this.#ended;
    clearTimeout(timer);
    return how;
  }

  /** Ends it at once. */
  async kill() {
    this.signal('SIGKILL');
    return this.#ended;
  }
}
