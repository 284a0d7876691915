import {
  countReplay,
  replay,
  streamOf,
  type Channel,
  type ConsumerState,
  type ContractClass,
  type Producer,
  type ReplayOf,
  type ReplayStart,
  type ResetTarget,
  type Stream,
} from '../core/index.js';
import type { EventReader } from '../history/index.js';
import type { Connection } from './connection.js';
import type { ConsumerHost } from './consumer-host.js';
import { groupReports, type GroupReport } from './group-report.js';

/** One connection of the application: its channel, its producers and readers, and how its consumers stand. Inject it by its class. */
export class Backbone {
  readonly #connection: Connection;
  readonly #host: ConsumerHost;

  constructor(connection: Connection, host: ConsumerHost) {
    this.#connection = connection;
    this.#host = host;
  }

  /** What carries the events; for what an operator does, `channel.admin`. */
  get channel(): Channel {
    return this.#connection.channel;
  }

  /** Returns the producer of a contract, as `@InjectProducer` injects it. */
  producer<C extends object>(contract: ContractClass<C>): Producer<C> {
    return this.#connection.producer(contract);
  }

  /** Returns the reader of a contract, as `@InjectReader` injects it. */
  reader<C extends object>(contract: ContractClass<C>): EventReader<C> {
    return this.#connection.reader(contract);
  }

  /** Tells how each consumer of this process stands. */
  states(): readonly ConsumerState[] {
    return this.#host.states;
  }

  /**
   * Asks the server how the groups stand: lag, pending events and their age, dead letters; and adds what happens here.
   *
   * @throws BackboneError `EB_CHANNEL` when the server cannot be reached.
   */
  groups(): Promise<readonly GroupReport[]> {
    return groupReports(this.#connection, this.#host);
  }

  /**
   * Pauses a group in this process: no handler starts any more until {@link resume}. What runs goes on; what was read stays
   * with this process.
   *
   * @throws BackboneError `EB_ARGUMENT` for a group that this process does not read.
   */
  pause(group: string): void {
    for (const consumer of this.#host.consumersOf(group)) consumer.pause();
  }

  /** Lets a paused group go on. */
  resume(group: string): void {
    for (const consumer of this.#host.consumersOf(group)) consumer.resume();
  }

  /**
   * Moves a group of a contract to another place, back or forward, also while its consumers run, here and elsewhere. What
   * lies between is skipped, or comes again.
   *
   * @throws BackboneError `EB_ARGUMENT` for a group, a position or a time that there is not.
   */
  reset(contract: ContractClass, group: string, to: ResetTarget | Date): Promise<void> {
    const target = to instanceof Date ? { timeMs: to.getTime() } : to;
    return this.channel.admin.reset(this.#stream(contract), group, target);
  }

  /**
   * Hands events of a contract to a group again: `backbone.replay(Orders, 'mails', { from: new Date('2026-11-01') })`. Never
   * moves it forward. Handlers see `context.isReplay`; those with `onReplay: 'skip'` are not called.
   *
   * @throws BackboneError `EB_ARGUMENT` for a group that does not exist, and for a start before which the group has not
   *   finished everything.
   */
  replay(contract: ContractClass, group: string, start: ReplayStart): Promise<void> {
    return replay(this.#replayOf(contract, group, start));
  }

  /** Counts the events that {@link replay} would hand out again; reads them all and changes nothing. */
  countReplay(contract: ContractClass, group: string, start: ReplayStart): Promise<number> {
    return countReplay(this.#replayOf(contract, group, start));
  }

  /** Begins to read, for applications with `autoStart: false`; at the earliest when the application has started. */
  start(): void {
    this.#host.start();
  }

  /**
   * Stops reading and lets running handlers finish; what is not done is handed to others. Resolves by
   * `shutdownTimeoutMs`. Closing the application does it by itself; producers go on until then.
   */
  drain(): Promise<void> {
    return this.#host.drain();
  }

  #replayOf(contract: ContractClass, group: string, start: ReplayStart): ReplayOf {
    return { channel: this.channel, stream: this.#stream(contract), group, start };
  }

  #stream(contract: ContractClass): Stream {
    return streamOf(this.#connection.contract(contract), this.#connection.options.environment);
  }
}
