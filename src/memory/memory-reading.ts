import type { ReadEvent, ReadOptions } from '../core/index.js';
import { reachOf } from './memory-position.js';
import type { MemoryStream } from './memory-stream.js';
import { readEvent } from './stored-event.js';

const DEFAULT_BATCH_SIZE = 100;

/** The events of a stream that a reader asked for, as they are now, in batches. */
export function readStream(stream: MemoryStream, options: ReadOptions): readonly (readonly ReadEvent[])[] {
  const { key } = options;
  const batchSize = Math.max(1, options.batchSize ?? DEFAULT_BATCH_SIZE);
  const after = reachOf(options.after ?? []);
  const until = options.until ? reachOf(options.until) : stream.last;
  const types = options.types && new Set(options.types);
  const fields = options.fields && new Set(options.fields);
  const events = (options.ids?.flatMap((id) => stream.withId(id) ?? []) ?? stream.between(after, until))
    .filter(({ number }) => number > after && number <= until)
    .filter(({ message }) => (types?.has(message.type) ?? true) && (key === undefined || message.key === key))
    .map((event) => readEvent(event, fields && ((name) => fields.has(name))));
  const batches: ReadEvent[][] = [];
  for (let start = 0; start < events.length; start += batchSize) batches.push(events.slice(start, start + batchSize));
  return batches;
}
