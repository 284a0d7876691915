import type { DeadLetter, DeadLetterAdmin, ReadEvent, Stream } from '../core/index.js';
import type { MemoryStream } from './memory-stream.js';
import { readEvent } from './stored-event.js';

const DEFAULT_LIMIT = 100;

/** The dead letters of the groups of a memory channel. A letter's id is the position of its event. */
export class MemoryDeadLetters implements DeadLetterAdmin {
  readonly #stream: (stream: Stream) => MemoryStream;

  constructor(stream: (stream: Stream) => MemoryStream) {
    this.#stream = stream;
  }

  async list(
    stream: Stream,
    group: string,
    { after, limit = DEFAULT_LIMIT }: { after?: string; limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    const start = after === undefined ? 0 : Number(after);
    return (await this.#find(stream)).groups.get(group)?.letters.list(start, limit) ?? [];
  }

  async show(
    stream: Stream,
    group: string,
    id: string,
  ): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined> {
    const found = await this.#find(stream);
    const letter = found.groups.get(group)?.letters.get(Number(id));
    const event = found.at(Number(id));
    return letter && { letter, event: event && readEvent(event) };
  }

  async redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return (await this.#find(stream)).groups.get(group)?.redrive(ids.map(Number)) ?? 0;
  }

  async remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    const letters = (await this.#find(stream)).groups.get(group)?.letters;
    return ids.filter((id) => letters?.delete(Number(id))).length;
  }

  #find(stream: Stream): Promise<MemoryStream> {
    return new Promise((resolve) => resolve(this.#stream(stream)));
  }
}
