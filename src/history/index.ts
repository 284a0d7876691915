/** Reading what has happened: events by position, id, time and key, and the state that they add up to. On core only. */
export { Aggregate, type AggregateOptions } from './aggregate.js';
export { EventReader, type EventReaderOptions, type EventsOptions, type FoldOptions } from './event-reader.js';
export type { EventOf, FieldName, NamedArguments, SelectedName, Selection } from './event-selection.js';
export { PastEvent } from './past-event.js';
export type { PlainEvent } from './plain-event.js';
export type { ReadRangeOptions } from './read-range.js';
export type { Reducer } from './reducer.js';
export type { SnapshotOptions } from './snapshots.js';
