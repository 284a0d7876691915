import type { DeadLetter, DeadLetterAdmin, ReadEvent, Stream } from '../core/index.js';
import type { MemoryGroup } from './memory-group.js';
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
    const letters = (await this.#find(stream)).groups.get(group)?.letters ?? new Map<number, DeadLetter>();
    const start = after === undefined ? 0 : Number(after);
    const numbers = [...letters.keys()].filter((number) => number > start).sort((a, b) => a - b);
    return numbers.slice(0, limit).flatMap((number) => letters.get(number) ?? []);
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
    const found = await this.#find(stream);
    return this.#takeOut(found, group, ids, (letters, number) => {
      // Without its event a letter stays, as the only trace of it.
      if (found.at(number)) letters.redeliver(number);
      return found.at(number) !== undefined;
    });
  }

  async remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    return this.#takeOut(await this.#find(stream), group, ids, () => true);
  }

  /** Takes out the letters that may go; returns how many those were. */
  #takeOut(
    { groups }: MemoryStream,
    name: string,
    ids: readonly string[],
    mayGo: (group: MemoryGroup, number: number) => boolean,
  ): number {
    const group = groups.get(name);
    const numbers = ids.map(Number).filter((number) => group?.letters.has(number) && mayGo(group, number));
    return numbers.filter((number) => group?.letters.delete(number)).length;
  }

  #find(stream: Stream): Promise<MemoryStream> {
    return new Promise((resolve) => resolve(this.#stream(stream)));
  }
}
