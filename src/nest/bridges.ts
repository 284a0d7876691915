import type { Bridge } from '../bridge/index.js';
import type { RelayProgress } from '../core/index.js';
import { Relays } from './relays.js';

/** The bridges of a `BridgeModule`: one for each stream and target, started and stopped with the application. */
export class Bridges extends Relays {
  readonly #bridges: readonly Bridge[];

  constructor(bridges: readonly Bridge[], timeoutMs: number) {
    super(bridges, timeoutMs);
    this.#bridges = bridges;
  }

  /**
   * Waits until everything that was there has been copied or set aside, by all of them.
   *
   * @throws BackboneError `EB_STOPPING` when the signal fires or one of them has ended first, `EB_CHANNEL`.
   */
  caughtUp(signal?: AbortSignal): Promise<readonly RelayProgress[]> {
    return Promise.all(this.#bridges.map((bridge) => bridge.caughtUp(signal)));
  }
}
