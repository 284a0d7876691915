import type { Stream } from './stream.js';
import type { EventMetadata } from './message.js';
import type { Position } from './position.js';

/**
 * What a handler may know about the event it handles: its last parameter, and ambient through `currentEvent()`.
 * An abstract class, so that it can stand in a decorated signature.
 */
export abstract class EventContext {
  /** The event's id. */
  abstract readonly id: string;
  /** Name and version, `orderPlaced.v1`. */
  abstract readonly type: string;
  abstract readonly stream: Stream;
  abstract readonly group: string;
  abstract readonly position: Position;
  /** The ordering key. */
  abstract readonly key: string;
  /** When it was produced, by the producer's clock. */
  abstract readonly time: Date;
  /** When the server stored it, by the server's clock. */
  abstract readonly appendedAt: Date;
  /** 1 for the first try of the handler; failures before a restart count where the channel supports `attempts`. */
  abstract readonly attempt: number;
  /** How often the channel handed the event out, this time included. */
  abstract readonly deliveries: number;
  /** True when the group had finished this event before a reset moved it back: its effects are there. */
  abstract readonly isReplay: boolean;
  /** Fires when this consumer no longer owns the event, when this try has timed out, or when its time to finish is over. */
  abstract readonly signal: AbortSignal;
  /** Everything that travelled with the event besides its arguments. */
  abstract readonly metadata: EventMetadata;
  /** Ends the event for this group without its handler having succeeded; for interceptors that decide so. */
  abstract skip(): void;
  /** Ends the event as handled; for handlers with `ack: 'manual'`, which may call it after they have returned. */
  abstract ack(): void;
  /** Fails this try of the event, as throwing does; for handlers with `ack: 'manual'`. */
  abstract fail(error: unknown): void;
}
