import {
  BackboneError,
  checkedName,
  type Channel,
  type Checkpoint,
  type Position,
  type ReadEvent,
  type ReadOptions,
  type Stream,
} from '../core/index.js';
import { checkedPosition, checkSameKind, positionBefore } from './position-before.js';
import type { ReadRange } from './read-range.js';
import { windowOf } from './time-window.js';

/** Which events of a stream are wanted, and what of them. */
export type Wanted = Pick<ReadOptions, 'types' | 'fields' | 'key' | 'batchSize'>;

/** Without arguments, so many events are little. */
const LOOKED_AT_ONCE = 1_000;

/** Reads one stream by position, time, key and id, whatever its channel can do of that by itself. */
export class StreamHistory {
  readonly #channel: Channel;
  readonly #stream: Stream;
  /** Tells positions of this channel from those of others. */
  #known: Position | undefined;

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
  async *read(wanted: Wanted, range: ReadRange): AsyncGenerator<readonly ReadEvent[], void, undefined> {
    const { fromMs = -Infinity, untilMs = Infinity, follow } = range;
    const isTimed = fromMs > -Infinity || untilMs < Infinity;
    const { after, until } = isTimed ? await windowOf(this.#looked(wanted, range), range) : range;
    if (until?.length === 0) return;
    const isInside = ({ appendedAt }: ReadEvent) => appendedAt >= fromMs && appendedAt < untilMs;
    for await (const events of this.#matching(wanted, { after, until, follow })) {
      const inside = isTimed ? events.filter(isInside) : events;
      if (inside.length > 0) yield inside;
    }
  }

  /** Reads the event at a position; `undefined` when there is none. */
  async at(position: Position, fields?: readonly string[]): Promise<ReadEvent | undefined> {
    const before = positionBefore(checkedPosition('position', position));
    const range = { after: before ? [before] : [], until: [position] };
    for await (const events of this.#matching({ fields, batchSize: 1 }, range)) {
      const found = events.find((event) => event.position.id === position.id);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * Reads the event with an id; `undefined` when there is none.
   *
   * @throws BackboneError `EB_UNSUPPORTED`, `EB_NAME`
   */
  async withId(id: string, fields?: readonly string[]): Promise<ReadEvent | undefined> {
    checkedName('event id', id);
    if (!this.#channel.supports.readById) {
      const message = 'this channel cannot read an event by its id; read it by its position, `get(position)`';
      throw new BackboneError('EB_UNSUPPORTED', message, { details: { missing: ['readById'] } });
    }
    for await (const events of this.#channel.read({ stream: this.#stream, ids: [id], fields })) {
      const found = events.find(({ message }) => message?.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** The same events without their arguments, to the present end. */
  #looked(wanted: Wanted, { after, until }: ReadRange): AsyncIterable<readonly ReadEvent[]> {
    return this.#matching({ ...wanted, fields: [], batchSize: LOOKED_AT_ONCE }, { after, until });
  }

  /** Reads by positions alone, and sees to it that they are of this channel. */
  async *#matching(
    { key, ...wanted }: Wanted,
    { after, until, follow }: ReadRange,
  ): AsyncGenerator<readonly ReadEvent[], void, undefined> {
    const asked = [...after, ...(until ?? [])];
    if (this.#known) checkSameKind(asked, this.#known);
    const hasIndex = this.#channel.supports.readByKey;
    const byKey = hasIndex ? { key } : {};
    for await (const events of this.#channel.read({
      stream: this.#stream,
      ...wanted,
      ...byKey,
      after,
      until,
      follow,
    })) {
      this.#learn(events, asked);
      yield key === undefined || hasIndex ? events : events.filter(({ message }) => message?.key === key);
    }
    if (asked.length === 0 || this.#known) return;
    // Nothing was found: perhaps because nothing can be found by such a position.
    for await (const events of this.#channel.read({ stream: this.#stream, fields: [], batchSize: 1 })) {
      this.#learn(events, asked);
      break;
    }
  }

  #learn([first]: readonly ReadEvent[], asked: Checkpoint): void {
    if (this.#known || !first) return;
    this.#known = first.position;
    checkSameKind(asked, first.position);
  }
}
