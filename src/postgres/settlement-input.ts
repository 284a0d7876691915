import type { Settlement } from '../core/index.js';
import type { EndedEvent } from './slot-writes.js';
import { columnText } from './stored-text.js';

/** Says how an event ends, as the settling statement takes it. */
export function endedEvent(slot: number, position: string, { deadLetter, park, unhandled }: Settlement): EndedEvent {
  const reason = deadLetter ?? unhandled;
  if (!reason) return { slot, position };
  const { kind, code, error, stack, attempts } = reason;
  return {
    ...{ slot, position, kind, attempts },
    code: columnText(code),
    error: columnText(error),
    ...(stack !== undefined && { stack: columnText(stack) }),
    ...(deadLetter === undefined && { unhandled: true }),
    ...(deadLetter !== undefined && park === true && { park: true }),
  };
}
