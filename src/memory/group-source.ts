import type { Stream } from '../core/index.js';
import type { StoredEvent } from './stored-event.js';

/** Where a group takes its events from. */
export interface GroupSource {
  readonly stream: Stream;
  /** The number before the oldest event that is left. */
  readonly trimmed: number;
  /** The number of the newest event. */
  readonly last: number;
  now(): number;
  at(number: number): StoredEvent | undefined;
  between(after: number, until: number): readonly StoredEvent[];
}
