import type { DeadLetter, DeadLetterAdmin, ReadEvent, Stream } from '../core/index.js';
import { channelError } from './channel-error.js';
import { letterId, type LetterFact } from './control-record.js';
import { readEvent, type EventRead } from './event-record.js';
import type { GroupLog } from './group-log.js';
import { readEventOf } from './stream-reading.js';

const DEFAULT_LIMIT = 100;

/** What the dead letters work with. */
export interface DeadLettersInput {
  readonly log: (stream: Stream) => GroupLog;
  readonly fill: (events: readonly EventRead[]) => Promise<void>;
  readonly redrive: (stream: Stream, group: string, ids: readonly string[]) => Promise<number>;
}

/** The dead letters of groups. Each has a copy of its event, so that it outlives the stream's retention. */
export class KafkaDeadLetters implements DeadLetterAdmin {
  readonly #input: DeadLettersInput;

  constructor(input: DeadLettersInput) {
    this.#input = input;
  }

  async list(
    stream: Stream,
    group: string,
    { after, limit = DEFAULT_LIMIT }: { after?: string; limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    const log = await this.#refreshed(stream);
    const sorted = [...log.group(group).letters.values()].sort(byPlace);
    const mark = after === undefined ? undefined : placeOf(after);
    const rest = mark ? sorted.filter((letter) => byPlace(letter, mark) > 0) : sorted;
    return rest.slice(0, limit).map((letter) => deadLetter(stream, group, letter));
  }

  async show(
    stream: Stream,
    group: string,
    id: string,
  ): Promise<{ letter: DeadLetter; event?: ReadEvent } | undefined> {
    const log = await this.#refreshed(stream);
    const fact = log.group(group).letters.get(id);
    if (!fact) return undefined;
    const letter = deadLetter(stream, group, fact);
    try {
      const record = await log.recordOf(group, fact);
      if (!record) return { letter };
      const event = readEvent(record);
      await this.#input.fill([event]);
      return { letter, event: readEventOf(event) };
    } catch (error) {
      throw channelError('reading a dead letter', error);
    }
  }

  async redrive(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    try {
      return await this.#input.redrive(stream, group, ids);
    } catch (error) {
      throw channelError('redriving dead letters', error);
    }
  }

  async remove(stream: Stream, group: string, ids: readonly string[]): Promise<number> {
    const log = await this.#refreshed(stream);
    try {
      return await log.oneAtATime(() => log.removeLetters(group, ids));
    } catch (error) {
      throw channelError('removing dead letters', error);
    }
  }

  async #refreshed(stream: Stream): Promise<GroupLog> {
    try {
      const log = this.#input.log(stream);
      await log.refresh();
      return log;
    } catch (error) {
      throw channelError('reading the dead letters', error);
    }
  }
}

interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

function placeOf(id: string): Place | undefined {
  const match = /^(\d{1,9})-(\d{1,20})$/.exec(id);
  return match?.[1] && match[2] ? { partition: Number(match[1]), offset: BigInt(match[2]) } : undefined;
}

function byPlace(a: Place, b: Place): number {
  if (a.partition !== b.partition) return a.partition - b.partition;
  return a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0;
}

function deadLetter(stream: Stream, group: string, letter: LetterFact): DeadLetter {
  const { partition, offset, eventId, type, key, reason, time } = letter;
  return {
    ...reason,
    id: letterId(letter),
    stream,
    group,
    position: { partition, id: String(offset) },
    ...(eventId !== undefined && { eventId }),
    ...(type !== undefined && { type }),
    ...(key !== undefined && { key }),
    time,
  };
}
