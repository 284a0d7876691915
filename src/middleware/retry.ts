import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackboneError,
  isBackboneError,
  NonRetryableError,
  reportConsumer,
  type ConsumeContext,
  type ErrorCode,
  type Middleware,
} from '../core/index.js';
import { retryDelayMs, type RetrySchedule } from './retry-delay.js';

/** Waits; rejects as soon as the signal fires. */
export type RetryWait = (ms: number, signal: AbortSignal) => Promise<void>;

/** When and how often a handler that failed is tried again. */
export interface RetryOptions {
  /** How often the handler runs at most, its first run and those before a restart included. Default 4. */
  readonly attempts?: number;
  /** The longest pause after the first failure. Default 200. */
  readonly firstDelayMs?: number;
  /** No pause is longer. Default 60 000. */
  readonly maxDelayMs?: number;
  /** Each pause may be so many times as long as the one before. Default 2. */
  readonly factor?: number;
  /** `full` takes a random part of each pause, `none` the whole. Default `full`. */
  readonly jitter?: 'full' | 'none';
  /** Says no to errors that another try cannot mend. Default: yes to all but {@link NonRetryableError}. */
  readonly retryIf?: (error: unknown) => boolean;
  /** How to wait between tries; for tests that need no real time. */
  readonly wait?: RetryWait;
}

/**
 * Runs a failing handler again, with growing pauses, before its event is set aside; other keys go on meanwhile. What no
 * retry can mend (an event that cannot be read, a {@link NonRetryableError}) is not tried again; a channel that cannot
 * store what the handler produces is waited for, however long, without spending an attempt. Attempts spent before a
 * restart count where the channel supports `attempts`. A consumer that stops, or that has lost the event to another one,
 * gives up at once: the event is handed out again.
 *
 * @throws BackboneError `EB_OPTIONS` for options that make no sense.
 */
export function retry(options: RetryOptions = {}): Middleware {
  const { attempts = 4, retryIf = () => true, wait = waitFor } = options;
  const schedule = checkedSchedule(options, attempts);

  const tryAgain: Middleware = async (context, next) => {
    if (context.stage === 'produce') return next();
    for (;;) {
      try {
        await next();
        return;
      } catch (error) {
        if (context.skipped) throw error;
        // This failure says nothing about the event.
        if (isGone(context, error)) throw givenUp(error);
        const spends = !isInfrastructure(error);
        const recorded = spends ? context.recordFailure() : undefined;
        try {
          if (spends && (context.failures >= attempts || isFinal(error) || !retryIf(error))) throw error;
          const delayMs = retryDelayMs(schedule, context.attempt);
          report(context, delayMs, error);
          // Before the pause: the signal of the try that failed may have fired, and says nothing about the next one.
          context.attempt += 1;
          await context.rest(() => pause(context, delayMs, wait, error));
        } finally {
          await recorded;
        }
      }
    }
  };
  return Object.assign(tryAgain, { quiet: true });
}

const FINAL: readonly ErrorCode[] = [
  'EB_UNDECODABLE',
  'EB_VALIDATION',
  'EB_FIELDS_LOST',
  'EB_MALFORMED',
  'EB_UNKNOWN_TYPE',
  'EB_CRASHED',
  'EB_PARKED',
  'EB_STOPPING',
];
const INFRASTRUCTURE: readonly ErrorCode[] = ['EB_NOT_STORED', 'EB_OUTCOME_UNKNOWN', 'EB_BACKPRESSURE'];
const LONGEST_CAUSE_CHAIN = 5;

/** Whether the event was taken away or its time to finish is over, and not only this try's. */
function isGone({ signal, stopping }: ConsumeContext, error: unknown): boolean {
  if (stopping.aborted && isBackboneError(error, 'EB_STOPPING')) return true;
  if (!signal.aborted) return false;
  const reason: unknown = signal.reason;
  return !isBackboneError(reason) || reason.code === 'EB_LEASE_LOST' || reason.code === 'EB_STOPPING';
}

/** Also where a handler has wrapped what the channel said, unless it says that trying again cannot help. */
function isInfrastructure(error: unknown): boolean {
  if (isFinal(error)) return false;
  let current = error;
  for (let depth = 0; depth <= LONGEST_CAUSE_CHAIN && current !== undefined; depth += 1) {
    if (isBackboneError(current) && INFRASTRUCTURE.includes(current.code)) return true;
    current = causeOf(current);
  }
  return false;
}

/** A getter of somebody else's error may throw. */
function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined;
  } catch {
    return undefined;
  }
}

function isFinal(error: unknown): boolean {
  if (isBackboneError(error)) return FINAL.includes(error.code);
  return error instanceof NonRetryableError || isNamedNonRetryable(error);
}

/** Of another copy of the package. */
function isNamedNonRetryable(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === 'NonRetryableError';
  } catch {
    return false;
  }
}

async function pause(context: ConsumeContext, delayMs: number, wait: RetryWait, cause: unknown): Promise<void> {
  const either = new AbortController();
  const abort = () => either.abort();
  const signals = [context.stopping, context.signal];
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  }
  try {
    await wait(delayMs, either.signal);
  } catch (error) {
    if (!either.signal.aborted) throw error;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
  if (either.signal.aborted) throw givenUp(cause);
}

function givenUp(cause: unknown): BackboneError {
  const message = 'the consumer stopped, or lost the event, before another try; the event will be handed out again';
  return new BackboneError('EB_STOPPING', message, { cause });
}

function report(context: ConsumeContext, delayMs: number, error: unknown): void {
  const { channel, stream, group, id: eventId, type, attempt, fields } = context;
  reportConsumer({ kind: 'retry', channel, stream, group, eventId, type, attempt, delayMs, error }, fields);
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

function checkedSchedule(options: RetryOptions, attempts: number): RetrySchedule {
  const { firstDelayMs = 200, maxDelayMs = 60_000, factor = 2, jitter = 'full' } = options;
  const rules: readonly (readonly [boolean, string])[] = [
    [Number.isSafeInteger(attempts) && attempts >= 1, 'retry.attempts must be a whole number from 1'],
    [Number.isFinite(firstDelayMs) && firstDelayMs >= 0, 'retry.firstDelayMs must be a number from 0'],
    [Number.isFinite(maxDelayMs) && maxDelayMs >= 0, 'retry.maxDelayMs must be a number from 0'],
    [Number.isFinite(factor) && factor >= 1, 'retry.factor must be a number from 1'],
    [['full', 'none'].includes(jitter), "retry.jitter must be 'full' or 'none'"],
  ];
  for (const [holds, message] of rules) if (!holds) throw new BackboneError('EB_OPTIONS', message);
  return { firstDelayMs, maxDelayMs, factor, jitter };
}
