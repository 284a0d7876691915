import type { ChannelAdmin, Checkpoint, GroupState, Stream, TrimLimits } from '../core/index.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';
import { reachOf } from './memory-position.js';
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

  async reset(stream: Stream, group: string, to: 'beginning' | 'end' | Checkpoint): Promise<void> {
    const found = await this.#find(stream);
    const reach = to === 'beginning' ? 0 : to === 'end' ? found.last : reachOf(to);
    found.group(group, 'beginning').reset(reach);
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
