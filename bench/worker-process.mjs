import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One side of a comparison in a process of its own. */
export class Worker {
  #child;
  /** The most memory the process has used, in bytes. */
  peakRss = 0;

  /**
   * @param {'hand-written' | 'backbone' | 'dashboard' | 'kafka-hand-written' | 'kafka-backbone' | 'kafka-nest'
   *   | 'postgres-hand-written' | 'postgres-backbone' | 'privacy-hand-cipher' | 'privacy-cipher' | 'privacy-hand-letters'
   *   | 'privacy-letters' | 'privacy-documents' | 'privacy-erasing' | 'history-hand-written' | 'history-backbone'
   *   | 'tracing-none' | 'tracing-by-hand' | 'tracing-on' | 'tracing-without-provider'} side
   * @param {string} url
   */
  constructor(side, url) {
    const file = fileURLToPath(new URL('../dist/bench/worker.js', import.meta.url));
    this.#child = fork(file, [side, url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /**
   * @param {string} kind
   * @param {number} events
   */
  async prepare(kind, events) {
    await this.#ask({ prepare: kind, events });
  }

  /**
   * @param {{ kind: string, amount: number }} round
   * @returns {Promise<{ cpu: number, perSecond?: number, latencies?: number[] }>}
   */
  run(round) {
    return this.#ask(round);
  }

  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.#ask('close').catch(() => this.#child.kill('SIGKILL'));
    await gone;
  }

  /**
   * @param {unknown} request
   * @returns {Promise<any>}
   */
  #ask(request) {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('a bench worker ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (/** @type {any} */ { result, error, peakRss }) => {
        this.#child.off('exit', onExit);
        this.peakRss = Math.max(this.peakRss, peakRss ?? 0);
        if (error === undefined) resolve(result);
        else reject(new Error(error));
      });
      this.#child.send(/** @type {any} */ (request));
    });
  }
}
