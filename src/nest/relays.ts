import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Relay, RelayState } from '../core/index.js';

/** The relays of one `RelayModule`: one for each stream, started and stopped with the application. */
export class Relays implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #relays: readonly Relay[];
  readonly #timeoutMs: number;

  constructor(relays: readonly Relay[], timeoutMs: number) {
    this.#relays = relays;
    this.#timeoutMs = timeoutMs;
  }

  /** Tells how the relays stand. */
  states(): readonly RelayState[] {
    return this.#relays.map(({ state }) => state);
  }

  onApplicationBootstrap(): void {
    for (const relay of this.#relays) relay.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay.stop(this.#timeoutMs)));
  }
}
