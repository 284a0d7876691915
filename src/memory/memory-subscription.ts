import {
  BackboneError,
  checkedName,
  NO_FIELDS,
  type Batch,
  type Delivery,
  type Settlement,
  type SubscribeOptions,
  type Subscription,
} from '../core/index.js';
import type { Member } from './member.js';
import type { MemoryGroup, TakenEvent } from './memory-group.js';
import { copyMessage } from './memory-message.js';
import { numberOf, positionOf } from './memory-position.js';
import type { MemoryServer } from './memory-server.js';

const DEFAULT_BATCH_SIZE = 100;
const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** One consumer of a group. It waits without polling: the group wakes it. */
export class MemorySubscription implements Subscription, Member {
  readonly name: string;
  readonly types: ReadonlySet<string> | undefined;
  readonly parkKeys: boolean;
  readonly #server: MemoryServer;
  readonly #options: SubscribeOptions;
  readonly #onClose: () => void;
  readonly #held = new Map<number, Delivery>();
  #group: MemoryGroup | undefined;
  readonly #readers: ((result: IteratorResult<Batch, undefined>) => void)[] = [];
  #saidCaughtUp = false;
  #left = false;
  #closed = false;

  constructor(server: MemoryServer, options: SubscribeOptions, onClose: () => void) {
    checkedName('group', options.group);
    if (options.consumer !== undefined) checkedName('consumer', options.consumer);
    this.#server = server;
    this.#onClose = onClose;
    this.#options = options;
    this.name = options.consumer ?? `consumer-${server.nextConsumer()}`;
    this.types = options.types && new Set(options.types);
    this.parkKeys = options.parkKeys ?? false;
  }

  get reading(): boolean {
    return !this.#left;
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch, undefined> {
    if (this.#group) {
      throw new BackboneError('EB_ARGUMENT', 'this subscription was iterated before; subscribe again to read on');
    }
    if (!this.#closed) {
      const { stream, group, from = 'beginning' } = this.#options;
      this.#group = this.#server.stream(stream).group(group, from);
      this.#group.join(this);
    }
    return { next: () => this.#next(), return: () => this.#return() };
  }

  settle(settlements: readonly Settlement[]): Promise<readonly Delivery[]> {
    return new Promise((resolve) => {
      const own = settlements.filter(({ delivery }) => this.#holds(delivery));
      const ended = new Set(own.map(({ delivery }) => delivery));
      for (const { position } of ended) this.#held.delete(numberOf(position));
      for (const lost of this.#group?.settle(this, own) ?? []) ended.delete(lost);
      resolve(settlements.map(({ delivery }) => delivery).filter((delivery) => !ended.has(delivery)));
    });
  }

  record(deliveries: readonly Delivery[], what: 'failure' | 'start'): Promise<void> {
    return new Promise((resolve) => {
      const own = deliveries.filter((delivery) => this.#holds(delivery));
      resolve(this.#group?.record(this, own, what));
    });
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#leave();
      this.#held.clear();
      this.#group?.giveBack(this);
      this.#onClose();
    }
    return Promise.resolve();
  }

  wake(): void {
    while (this.#readers.length > 0) {
      const result = this.#result();
      if (!result) return;
      this.#readers.shift()?.(result);
    }
  }

  lose(): void {
    const lost = [...this.#held.values()];
    this.#held.clear();
    if (lost.length > 0) this.#options.onLost?.(lost);
  }

  /** True for this very delivery of an event, not for an earlier one that a reset has taken away. */
  #holds({ position }: Delivery): boolean {
    return this.#held.get(numberOf(position))?.position === position;
  }

  #next(): Promise<IteratorResult<Batch, undefined>> {
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.wake();
    });
  }

  #return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave();
    this.#group?.stopsReading();
    return Promise.resolve(DONE);
  }

  #leave(): void {
    this.#left = true;
    this.wake();
  }

  /** What a reader gets; nothing while there is nothing to say. */
  #result(): IteratorResult<Batch, undefined> | undefined {
    if (this.#left || !this.#group) return DONE;
    const taken = this.#group.take(this, Math.max(1, this.#options.batchSize ?? DEFAULT_BATCH_SIZE));
    const caughtUp = !this.#group.hasMore;
    // What others must finish first comes later; until then there is nothing to say.
    if (taken.length === 0 && (this.#saidCaughtUp || !caughtUp)) return undefined;
    this.#saidCaughtUp = caughtUp;
    const deliveries = taken.map((event) => this.#deliver(event));
    return { done: false, value: { deliveries, caughtUp } };
  }

  #deliver({ event: { number, appendedAt, message }, deliveries, past, replayed }: TakenEvent): Delivery {
    const fieldsOmitted = this.types?.has(message.type) === false;
    const delivery: Delivery = {
      position: positionOf(number),
      appendedAt,
      deliveries,
      ...(past && { past }),
      message: copyMessage(message, fieldsOmitted ? NO_FIELDS : undefined, message.erased),
      ...(fieldsOmitted && { fieldsOmitted }),
      ...(replayed && { replayed }),
    };
    this.#held.set(number, delivery);
    return delivery;
  }
}
