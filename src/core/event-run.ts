import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventContext } from './event-context.js';
import { derivedEventId } from './event-id.js';

/** Who produces: the handler itself, or the middleware around all of its tries. */
export type EventRunPart = 'handler' | 'middleware';

/**
 * One try of a handler. Each has its own count of what it produced: what a failed try still does in the background
 * must not shift the event ids of the next one.
 */
export class EventRun {
  #ordinals: Map<string, number> | undefined;

  constructor(
    readonly event: EventContext,
    private readonly part: EventRunPart,
  ) {}

  /** The id of the next event of this type that the run produces: the same one in every try. */
  nextEventId(contract: string, type: string): string {
    this.#ordinals ??= new Map();
    const name = `${contract}/${type}`;
    const count = this.#ordinals.get(name) ?? 0;
    this.#ordinals.set(name, count + 1);
    const { stream, group, id } = this.event;
    // Counted downwards for middleware, so that the two never meet.
    const ordinal = this.part === 'handler' ? count : -1 - count;
    return derivedEventId({ causeStream: stream, causeId: id, group, contract, type, ordinal });
  }
}

// Holds nothing itself: each asynchronous call chain carries its own run.
const ambient = new AsyncLocalStorage<EventRun>();

/** Returns the event that is being handled, anywhere below its handler; `undefined` elsewhere. */
export function currentEvent(): EventContext | undefined {
  return ambient.getStore()?.event;
}

/** The run of a handler that a producer is called from. */
export function currentRun(): EventRun | undefined {
  return ambient.getStore();
}

/** Runs a function with an event as its ambient one. */
export function runWithEvent<T>(event: EventContext, run: () => T, part: EventRunPart = 'handler'): T {
  return ambient.run(new EventRun(event, part), run);
}
