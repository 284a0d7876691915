import { channel } from 'node:diagnostics_channel';
import type { Channel } from './channel.js';
import type { DeadLetterReason } from './delivery.js';
import type { Stream } from './stream.js';
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
    | 'deprecated'
    | 'schema'
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
  readonly kind:
    | 'retry'
    | 'deadLetter'
    | 'erased'
    | 'replaySkipped'
    | 'settleFailed'
    | 'leaseLost'
    | 'paused'
    | 'resumed'
    | 'failed'
    | 'stopped';
  readonly stream: Stream;
  readonly group: string;
  readonly eventId?: string;
  readonly type?: string;
  readonly attempt?: number;
  readonly delayMs?: number;
  /** Of `stopped`: how long it took to let running handlers finish. */
  readonly durationMs?: number;
  /** How many deliveries it is about; of `stopped`, how many were given back. */
  readonly count?: number;
  readonly deadLetter?: DeadLetterReason;
  /** As it was thrown: it may quote an argument. */
  readonly error?: unknown;
  /** What the error of an event says, without the event's arguments and without secrets. */
  readonly reason?: string;
}

/** What happened to one event in the normal course, and how long it took. */
export interface EventDiagnostic {
  readonly channel: Channel;
  /**
   * `sent`: a call of a producer is over, or a relay has sent the event to its target. `processed`: a delivery has come to
   * its end here, all tries included.
   */
  readonly kind: 'sent' | 'processed';
  readonly stream: Stream;
  /** Of `processed`, and of `sent` by a relay: its group. */
  readonly group?: string;
  readonly type: string;
  readonly durationMs: number;
  /** `released`: it will be handed out again, or has been. */
  readonly outcome: 'done' | 'skipped' | 'failed' | 'released';
  /** What it failed with: the code of a `BackboneError`, or the name of the error's class. */
  readonly errorType?: string;
}

/** The names under which diagnostics are published through `node:diagnostics_channel`. */
export const DIAGNOSTICS = Object.freeze({
  channel: 'nest-event-backbone:channel',
  consumer: 'nest-event-backbone:consumer',
  event: 'nest-event-backbone:event',
});

const channels = channel(DIAGNOSTICS.channel);
const consumers = channel(DIAGNOSTICS.consumer);
const events = channel(DIAGNOSTICS.event);

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

/** True while somebody listens to what happens to single events; nothing is timed otherwise. */
export function eventsAreHeard(): boolean {
  return events.hasSubscribers;
}

/** Runs something that happens to an event and tells, once it is over, how long it took and how it ended. */
export async function reportEvent<T>(
  run: () => Promise<T>,
  event: (result: T | undefined, error: unknown) => Omit<EventDiagnostic, 'durationMs'>,
): Promise<T> {
  const began = performance.now();
  const report = (result: T | undefined, error?: unknown) => reportTimed(event(result, error), began);
  try {
    const result = await run();
    report(result);
    return result;
  } catch (error) {
    report(undefined, error);
    throw error;
  }
}

/** Tells what has happened to an event since a moment of `performance.now()`. */
export function reportTimed(event: Omit<EventDiagnostic, 'durationMs'>, began: number): void {
  events.publish({ ...event, durationMs: performance.now() - began } satisfies EventDiagnostic);
}
