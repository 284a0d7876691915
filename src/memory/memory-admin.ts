import type { ChannelAdmin, Checkpoint, GroupState, Stream } from '../core/index.js';
import { MemoryDeadLetters } from './memory-dead-letters.js';
import type { MemoryGroup } from './memory-group.js';
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
    return [...groups].map(([name, group]) => stateOf(name, group));
  }

  async state(stream: Stream, group: string): Promise<GroupState | undefined> {
    const found = (await this.#find(stream)).groups.get(group);
    return found && stateOf(group, found);
  }

  async reset(stream: Stream, group: string, to: 'beginning' | 'end' | Checkpoint): Promise<void> {
    const found = await this.#find(stream);
    const reach = to === 'beginning' ? 0 : to === 'end' ? found.last : reachOf(to);
    found.group(group, 'beginning').reset(reach);
  }

  async trim(stream: Stream, until: Checkpoint): Promise<number> {
    return (await this.#find(stream)).trim(reachOf(until));
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

function stateOf(group: string, { members, pending, lag, letters, delivered }: MemoryGroup): GroupState {
  return { group, consumers: members.size, pending, lag, deadLetters: letters.size, delivered };
}
