import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Relay, streamOf, type RelayState } from '../core/index.js';
import type { Connection } from './connection.js';
import type { RelayModuleOptions } from './relay-module.options.js';

/** The relays of one `RelayModule`: one for each contract, started and stopped with the application. */
export class Relays implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #relays: readonly Relay[];
  readonly #timeoutMs: number;

  /**
   * @throws BackboneError `EB_NAME`, `EB_OPTIONS`, also for secret arguments on their way to where nothing is encrypted, and
   *   `EB_UNSUPPORTED` for personal data on its way to where it cannot be erased.
   */
  constructor(from: Connection, to: Connection, { contracts, group, begin, batchSize }: RelayModuleOptions) {
    this.#timeoutMs = from.options.shutdownTimeoutMs;
    this.#relays = contracts.map((cls) => {
      const contract = from.contract(cls);
      to.checkPrivacy(to.contract(cls));
      const stream = streamOf(contract, from.options.environment);
      const target = streamOf(contract, to.options.environment);
      // Of all contracts, since several may share the stream; they become known one by one.
      const {
        contracts: known,
        channel,
        options: { codec },
      } = from;
      return new Relay({
        from: channel,
        to: to.channel,
        stream,
        target,
        group,
        begin,
        batchSize,
        contracts: known,
        codec,
      });
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
