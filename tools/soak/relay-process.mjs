import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const RELAY = fileURLToPath(new URL('./relay.mjs', import.meta.url));

/** A relay as its parent sees it. It ends with its parent, whatever happens. */
export class RelayProcess {
  /** Resolves when it is gone: to its exit code, or to the signal that ended it. */
  ended;
  /** How it has said to stand. @type {import('nest-event-backbone/core').RelayState | undefined} */
  state;
  #child;

  /** @param {import('./relay.mjs').RelayTask} task */
  constructor(task) {
    this.#child = fork(RELAY, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ended = once(this.#child, 'exit').then(([code, signal]) => String(signal ?? code));
    this.#child.on('message', (/** @type {any} */ state) => (this.state = state));
  }

  /** Ends it at once. */
  async kill() {
    this.#child.kill('SIGKILL');
    return this.ended;
  }
}
