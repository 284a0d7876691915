import type { ContractClass, EventMetadata, Middleware } from '../core/index.js';

/** One event that the application appended. */
export interface RecordedEvent {
  /** The contract's name, which is the stream's name. */
  readonly contract: string;
  /** Name and version, `orderPlaced.v1`. */
  readonly type: string;
  /** The name of the contract's method. */
  readonly name: string;
  /** The arguments as they were given to the producer. */
  readonly args: readonly unknown[];
  readonly metadata: EventMetadata;
}

/** Remembers the events that an application under test appends, and waits until all of them are handled. */
export class EventRecorder {
  readonly #events: (RecordedEvent & { readonly cls: ContractClass })[] = [];
  readonly #channel: { settled(): Promise<void> };

  constructor(channel: { settled(): Promise<void> }) {
    this.#channel = channel;
  }

  /** Every event that was appended, in order; one that was stored before is not here twice. */
  get events(): readonly RecordedEvent[] {
    return this.#events.map(({ contract, type, name, args, metadata }) => ({ contract, type, name, args, metadata }));
  }

  /** The arguments of each event of one kind: `recorder.argsOf(ShipmentTracking, 'packing')`. */
  argsOf(contract: ContractClass, name: string): readonly (readonly unknown[])[] {
    return this.#events.filter((event) => event.cls === contract && event.name === name).map(({ args }) => args);
  }

  /** Resolves when every group has handled everything, also what its handlers produced meanwhile. */
  settled(): Promise<void> {
    return this.#channel.settled();
  }

  /** Forgets what was recorded. */
  clear(): void {
    this.#events.length = 0;
  }

  /** Records what passes it on the way out; to stand innermost. */
  readonly middleware: Middleware = async (context, next) => {
    await next();
    if (context.stage !== 'produce') return;
    const { event, metadata } = context;
    if (this.#events.some((known) => known.metadata.id === metadata.id)) return;
    const { name: contract, cls } = event.contract;
    this.#events.push({ contract, cls, type: event.type, name: event.method, args: [...context.args], metadata });
  };
}
