import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { checkErasable, Relay, streamOf, type RelayState } from '../core/index.js';
import type { Connection } from './connection.js';
import type { RelayModuleOptions } from './relay-module.options.js';

/** The relays of one `RelayModule`: one for each contract, started and stopped with the application. */
export class Relays implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #relays: readonly Relay[];
  readonly #timeoutMs: number;

  /** @throws BackboneError `EB_OPTIONS`, `EB_NAME`, `EB_UNSUPPORTED` for personal data on its way to where it cannot be erased. */
  constructor(from: Connection, to: Connection, { contracts, group, begin, batchSize }: RelayModuleOptions) {
    this.#timeoutMs = from.options.shutdownTimeoutMs;
    this.#relays = contracts.map((cls) => {
      const contract = from.contract(cls);
      for (const event of to.contract(cls).byType.values()) checkErasable(to.channel, event);
      const stream = streamOf(contract, from.options.environment);
      const target = streamOf(contract, to.options.environment);
      return new Relay({ from: from.channel, to: to.channel, stream, target, group, begin, batchSize });
    });
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
