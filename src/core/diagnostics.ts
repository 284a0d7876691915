import { channel } from 'node:diagnostics_channel';
import type { Channel, DeadLetterReason, Stream } from './channel.js';
import { describeError } from './errors.js';
import type { Fields } from './message.js';
import { redactedText } from './redaction.js';

/** What happens to the machinery of a channel. */
export interface ChannelDiagnostic {
  /** Who speaks: compare it, there may be several applications in a process. */
  readonly channel: Channel;
  readonly kind:
    | 'waiting'
    | 'ready'
    | 'durability'
    | 'groupCreated'
    | 'groupRecreated'
    | 'partitions'
    | 'claimed'
    | 'redriven'
    | 'parked'
    | 'leaseLost'
    | 'lostToTrim'
    | 'trimmed'
    | 'fault';
  readonly stream?: Stream;
  readonly group?: string;
  /** Human-readable; holds no argument and no secret. */
  readonly reason?: string;
  readonly count?: number;
}

/** What happens to a consumer's events outside the normal course. */
export interface ConsumerDiagnostic {
  readonly channel: Channel;
  readonly kind: 'retry' | 'deadLetter' | 'erased' | 'settleFailed' | 'leaseLost' | 'paused' | 'resumed' | 'failed';
  readonly stream: Stream;
  readonly group: string;
  readonly eventId?: string;
  readonly type?: string;
  readonly attempt?: number;
  readonly delayMs?: number;
  /** How many deliveries it is about. */
  readonly count?: number;
  readonly deadLetter?: DeadLetterReason;
  /** As it was thrown: it may quote an argument. */
  readonly error?: unknown;
  /** What the error of an event says, without the event's arguments and without secrets. */
  readonly reason?: string;
}

/** The names under which diagnostics are published through `node:diagnostics_channel`. */
export const DIAGNOSTICS = Object.freeze({
  channel: 'nest-event-backbone:channel',
  consumer: 'nest-event-backbone:consumer',
});

const channels = channel(DIAGNOSTICS.channel);
const consumers = channel(DIAGNOSTICS.consumer);

/** Tells whoever listens about a channel; costs nothing when nobody does. */
export function reportChannel(event: ChannelDiagnostic): void {
  if (channels.hasSubscribers) channels.publish(event);
}

/**
 * Tells whoever listens about a consumer; costs nothing when nobody does. Given the fields of the event that has failed,
 * it tells the `reason`, too.
 */
export function reportConsumer(event: ConsumerDiagnostic, fields?: Fields): void {
  if (!consumers.hasSubscribers) return;
  consumers.publish(fields ? { ...event, reason: redactedText(describeError(event.error), fields) } : event);
}
