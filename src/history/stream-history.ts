import {
  BackboneError,
  checkedName,
  positionBefore,
  type Channel,
  type Position,
  type ReadEvent,
  type ReadOptions,
  type Stream,
} from '../core/index.js';
import { checkedPosition } from './checked-position.js';
import type { ReadRange } from './read-range.js';

/** Which events of a stream are wanted, and what of them. */
export type Wanted = Pick<ReadOptions, 'types' | 'fields' | 'key' | 'batchSize'>;

/** Reads one stream by position, time, key and id, whatever its channel can do of that by itself. */
export class StreamHistory {
  readonly #channel: Channel;
  readonly #stream: Stream;

  constructor(channel: Channel, stream: Stream) {
    this.#channel = channel;
    this.#stream = stream;
  }

  get stream(): Stream {
    return this.#stream;
  }

  get canExpectVersions(): boolean {
    return this.#channel.supports.expectedVersion;
  }

  /** Reads what lies in a range, in batches; by key a channel without an index is looked through. */
  async *read({ key, ...wanted }: Wanted, range: ReadRange): AsyncGenerator<readonly ReadEvent[], void, undefined> {
    const options = { stream: this.#stream, ...wanted, ...range };
    if (key === undefined || this.#channel.supports.readByKey) {
      for await (const events of this.#channel.read({ ...options, key })) if (events.length > 0) yield events;
      return;
    }
    for await (const events of this.#channel.read(options)) {
      const own = events.filter(({ message }) => message?.key === key);
      if (own.length > 0) yield own;
    }
  }

  /** Reads the event at a position; `undefined` when there is none. */
  async at(position: Position): Promise<ReadEvent | undefined> {
    const before = positionBefore(checkedPosition('position', position));
    return this.#found(before, position, {});
  }

  /**
   * Tells whether a read of everything would come to the event at a position: then no earlier one can appear any more.
   * One event alone is read as it is, so that it is the second of a range here.
   */
  async hasReached(position: Position): Promise<boolean> {
    const before = positionBefore(position);
    return (await this.#found(before && positionBefore(before), position, { fields: [] })) !== undefined;
  }

  /**
   * Reads the event with an id; `undefined` when there is none.
   *
   * @throws BackboneError `EB_UNSUPPORTED`, `EB_NAME`
   */
  async withId(id: string): Promise<ReadEvent | undefined> {
    checkedName('event id', id);
    if (!this.#channel.supports.readById) {
      const message = 'this channel cannot read an event by its id; read it by its position, `get(position)`';
      throw new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['readById'] } });
    }
    for await (const events of this.#channel.read({ stream: this.#stream, ids: [id] })) {
      const found = events.find(({ message }) => message?.id === id);
      if (found) return found;
    }
    return undefined;
  }

  async #found(
    after: Position | undefined,
    until: Position,
    wanted: Pick<ReadOptions, 'fields'>,
  ): Promise<ReadEvent | undefined> {
    const range = { after: after ? [after] : [], until: [until] };
    for await (const events of this.#channel.read({ stream: this.#stream, ...wanted, ...range, batchSize: 2 })) {
      const found = events.find(({ position }) => position.id === until.id);
      if (found) return found;
    }
    return undefined;
  }
}
