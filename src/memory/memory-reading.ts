import {
  beyondEnd,
  follow,
  isWithinTimes,
  onlyPosition,
  type ReadEvent,
  type ReadOptions,
  type ReadPage,
} from '../core/index.js';
import { positionOf, reachOf } from './memory-position.js';
import type { MemoryStream } from './memory-stream.js';
import { readEvent, type StoredEvent } from './stored-event.js';

const DEFAULT_BATCH_SIZE = 100;

/** Reads the events of a stream that a reader asked for, in batches; `find` throws once the channel is closed. */
export async function* readStream(
  find: () => MemoryStream,
  options: ReadOptions,
): AsyncGenerator<readonly ReadEvent[], void, undefined> {
  const { last } = find();
  const isBeyond = [options.after, options.until].some((one) => reachOf(one ?? []) > last);
  if (isBeyond && !onlyPosition(options)) throw beyondEnd();
  if (options.follow) {
    let seen = 0;
    yield* follow(options, {
      pages: (after) => {
        const stream = find();
        seen = stream.last;
        return pagesOf(stream, { ...options, after });
      },
      more: async (_, signal) => {
        const stream = find();
        if (stream.last === seen) await stream.appended.next(signal);
      },
    });
    return;
  }
  for await (const { events } of pagesOf(find(), options)) if (events.length > 0) yield events;
}

/** Goes through the stream as it is now, with a batch in hand at a time. */
async function* pagesOf(stream: MemoryStream, options: ReadOptions): AsyncGenerator<ReadPage, void, undefined> {
  const { key } = options;
  const batchSize = Math.max(1, options.batchSize ?? DEFAULT_BATCH_SIZE);
  const after = Math.max(reachOf(options.after ?? []), options.ids ? 0 : stream.trimmed);
  const until = Math.min(options.until ? reachOf(options.until) : stream.last, stream.last);
  const types = options.types && new Set(options.types);
  const fields = options.fields && new Set(options.fields);
  const isWanted = ({ message, appendedAt }: StoredEvent) =>
    (types?.has(message.type) ?? true) &&
    (key === undefined || message.key === key) &&
    isWithinTimes(options, appendedAt);
  const read = (event: StoredEvent) => readEvent(event, fields && ((name) => fields.has(name)));
  if (options.ids) {
    const found = options.ids.flatMap((id) => stream.withId(id) ?? []);
    const events = found.filter((event) => event.number > after && event.number <= until && isWanted(event));
    for (let start = 0; start < events.length; start += batchSize) {
      yield { events: events.slice(start, start + batchSize).map(read), reached: [] };
    }
    return;
  }
  const numbers = key === undefined ? undefined : stream.numbersOf(key, after, until);
  for (let number = after, next = 0; number < until;) {
    const events: ReadEvent[] = [];
    while (number < until && events.length < batchSize) {
      number = numbers ? (numbers[next++] ?? until) : number + 1;
      const event = stream.at(number);
      if (event && isWanted(event)) events.push(read(event));
    }
    yield await Promise.resolve({ events, reached: [positionOf(number)] });
  }
}
