import {
  checkedTarget,
  noSuchGroup,
  noSuchPosition,
  type ChannelAdmin,
  type CheckedTarget,
  type GroupState,
  type ResetTarget,
  type Stream,
  type StreamExtent,
  type TrimLimits,
} from '../core/index.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';
import { numberOf, reachOf } from './memory-position.js';
import type { MemoryStream } from './memory-stream.js';

/** What an operator does to the streams of a memory channel. */
export class MemoryAdmin implements ChannelAdmin {
  readonly deadLetters: MemoryDeadLetters;
  readonly #stream: (stream: Stream) => MemoryStream;

  /** `stream` finds a stream, and throws once the channel is closed. */
  constructor(stream: (stream: Stream) => MemoryStream) {
    this.#stream = stream;
    this.deadLetters = new MemoryDeadLetters(stream);
  }

  async groups(stream: Stream): Promise<readonly GroupState[]> {
    const { groups } = await this.#find(stream);
    return [...groups.values()].map(({ state }) => state);
  }

  async state(stream: Stream, group: string): Promise<GroupState | undefined> {
    return (await this.#find(stream)).groups.get(group)?.state;
  }

  async extent(stream: Stream): Promise<StreamExtent> {
    return (await this.#find(stream)).extent;
  }

  async reset(stream: Stream, group: string, to: ResetTarget): Promise<void> {
    const found = await this.#find(stream);
    const known = found.groups.get(group);
    if (!known) throw noSuchGroup(group);
    known.reset(reachOfTarget(found, checkedTarget(to, found.now())));
  }

  async trim(stream: Stream, limits: TrimLimits): Promise<number> {
    return (await this.#find(stream)).trim(limits);
  }

  async erase(stream: Stream, ids: readonly string[], fields?: readonly string[]): Promise<number> {
    const found = await this.#find(stream);
    return [...new Set(ids)].filter((id) => found.erase(id, fields)).length;
  }

  // Asynchronous, so that a closed channel rejects and does not throw.
  #find(stream: Stream): Promise<MemoryStream> {
    return new Promise((resolve) => resolve(this.#stream(stream)));
  }
}

/** The number of the last event that a group shall not be handed. */
function reachOfTarget(stream: MemoryStream, { end, after, timeMs }: CheckedTarget): number {
  const { last } = stream;
  if (timeMs !== undefined) {
    const first = stream.between(0, last).find(({ appendedAt }) => appendedAt >= timeMs);
    return first ? first.number - 1 : last;
  }
  if (!after) return end === 'end' ? last : 0;
  const beyond = after.find((position) => numberOf(position) > last);
  if (beyond) throw noSuchPosition(beyond);
  return reachOf(after);
}
