import { setImmediate } from 'node:timers/promises';
import { checkedName, type Stream } from '../core/index.js';
import { MemoryStream } from './memory-stream.js';

/** What several memory channels share, as processes share a server. */
export class MemoryServer {
  readonly now: () => number;
  readonly #streams = new Map<string, MemoryStream>();
  #watchers: (() => void)[] = [];
  #consumers = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The stream of this name; an empty one when nothing was appended to it yet. */
  stream({ environment, contract }: Stream): MemoryStream {
    const name = `${checkedName('environment', environment)}:${checkedName('contract name', contract)}`;
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = new MemoryStream({ environment, contract }, this.now, () => this.#changed());
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** A number for a consumer that has no name of its own. */
  nextConsumer(): number {
    return (this.#consumers += 1);
  }

  /** Resolves when no group is busy, and still none is one turn of the event loop later. */
  async settled(): Promise<void> {
    do {
      while (this.#busy()) await this.#change();
      await setImmediate();
    } while (this.#busy());
  }

  /** Has those who follow look again, and find that their channel is closed. */
  wakeReaders(): void {
    for (const stream of this.#streams.values()) stream.appended.notify();
  }

  #busy(): boolean {
    return [...this.#streams.values()].some((stream) => [...stream.groups.values()].some((group) => group.busy));
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const resolve of watchers) resolve();
  }
}
