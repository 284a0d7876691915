import { channel } from 'node:diagnostics_channel';
import { describeError, redactedText, type Channel, type Fields, type Stream } from '../core/index.js';

/** What happens to a projection outside the normal course. */
export interface ProjectionDiagnostic {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly projection: string;
  readonly kind: 'building' | 'live' | 'waiting' | 'skipped' | 'erased' | 'replaced' | 'failed';
  readonly eventId?: string;
  readonly type?: string;
  /** As it was thrown: it may quote an argument. */
  readonly error?: unknown;
  /** What the error of an event says, without the event's arguments and without secrets. */
  readonly reason?: string;
}

/** The name under which the diagnostics of projections are published through `node:diagnostics_channel`. */
export const PROJECTION_DIAGNOSTICS = 'nest-event-backbone:projection';

const projections = channel(PROJECTION_DIAGNOSTICS);

/**
 * Tells whoever listens about a projection; costs nothing when nobody does. Given the fields of the event that has failed,
 * it tells the `reason`, too.
 */
export function reportProjection(event: ProjectionDiagnostic, fields?: Fields): void {
  if (!projections.hasSubscribers) return;
  projections.publish(fields ? { ...event, reason: redactedText(describeError(event.error), fields) } : event);
}
