import { BackboneError, describeError, isBackboneError, redactedText, type ReadEvent } from '../core/index.js';

/**
 * The error of a projection that stops at an event. It names the event and says what its handler threw, without the
 * event's arguments.
 */
export function eventFailure(projection: string, { position, message }: ReadEvent, cause: unknown): BackboneError {
  const text = redactedText(describeError(cause), message?.fields);
  const what = message ? `${message.type} ${message.id}` : 'an event that cannot be read';
  return new BackboneError(
    'EB_PROJECTION',
    `the projection ${projection} stops at ${what} in partition ${position.partition} at ${position.id}: ${text}; correct ` +
      "its handler and start it again, or let it pass over such events with onFailure: 'skip'",
    { cause, details: { projection, position, eventId: message?.id, type: message?.type } },
  );
}

/** The error of a projection that somebody else runs now. */
export function takenOver(projection: string): BackboneError {
  const message = `somebody else runs the projection ${projection} now, or has made its model anew; this one has stopped`;
  return new BackboneError('EB_LEASE_LOST', message, { details: { projection } });
}

/** Tells whether reading failed in a way that passes. */
export function isServerAway(error: unknown): boolean {
  return (
    isBackboneError(error, 'EB_CHANNEL') ||
    isBackboneError(error, 'EB_TIMEOUT') ||
    isBackboneError(error, 'EB_OUTCOME_UNKNOWN')
  );
}
