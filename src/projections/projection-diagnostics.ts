import { channel } from 'node:diagnostics_channel';
import type { Channel, Stream } from '../core/index.js';

/** What happens to a projection outside the normal course. */
export interface ProjectionDiagnostic {
  readonly channel: Channel;
  readonly stream: Stream;
  readonly projection: string;
  readonly kind: 'building' | 'live' | 'waiting' | 'skipped' | 'erased' | 'replaced' | 'failed';
  readonly eventId?: string;
  readonly type?: string;
  readonly error?: unknown;
}

/** The name under which the diagnostics of projections are published through `node:diagnostics_channel`. */
export const PROJECTION_DIAGNOSTICS = 'nest-event-backbone:projection';

const projections = channel(PROJECTION_DIAGNOSTICS);

/** Tells whoever listens about a projection; costs nothing when nobody does. */
export function reportProjection(event: ProjectionDiagnostic): void {
  if (projections.hasSubscribers) projections.publish(event);
}
