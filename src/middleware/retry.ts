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
  /** How often the handler runs at most, its first run included. Default 4. */
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
 * Runs a failing handler again, with growing pauses, before its event is set aside. What no retry can mend (an event
 * that cannot be read, a {@link NonRetryableError}) is not tried again; a channel that cannot store what the handler
 * produces is waited for, however long, without spending an attempt. A consumer that stops, or that has lost the
 * event to another one, gives up at once: the event is handed out again.
 *
 * @throws BackboneError `EB_OPTIONS` for options that make no sense.
 */
export function retry(options: RetryOptions = {}): Middleware {
  const { attempts = 4, retryIf = () => true, wait = waitFor } = options;
  const schedule = checkedSchedule(options, attempts);

  const tryAgain: Middleware = async (context, next) => {
    if (context.stage === 'produce') return next();
    let spent = 0;
    for (let failures = 1; ; failures += 1) {
      try {
        await next();
        return;
      } catch (error) {
        if (context.skipped) throw error;
        // Its time to finish is over or the event is another consumer's: this failure says nothing about the event.
        if (context.signal.aborted) throw givenUp(error);
        if (!isInfrastructure(error)) {
          spent += 1;
          if (spent >= attempts || isFinal(error) || !retryIf(error)) throw error;
        }
        const delayMs = retryDelayMs(schedule, failures);
        report(context, delayMs, error);
        await pause(context, delayMs, wait, error);
        context.attempt += 1;
      }
    }
  };
  return Object.assign(tryAgain, { quiet: true });
}

const POISON: readonly ErrorCode[] = [
  'EB_UNDECODABLE',
  'EB_VALIDATION',
  'EB_FIELDS_LOST',
  'EB_MALFORMED',
  'EB_UNKNOWN_TYPE',
];
const INFRASTRUCTURE: readonly ErrorCode[] = ['EB_NOT_STORED', 'EB_OUTCOME_UNKNOWN', 'EB_BACKPRESSURE'];

function isInfrastructure(error: unknown): boolean {
  return isBackboneError(error) && INFRASTRUCTURE.includes(error.code);
}

function isFinal(error: unknown): boolean {
  if (isBackboneError(error)) return POISON.includes(error.code) || error.code === 'EB_STOPPING';
  return error instanceof NonRetryableError || (error instanceof Error && error.name === 'NonRetryableError');
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
  const { channel, stream, group, id: eventId, type, attempt } = context;
  reportConsumer({ kind: 'retry', channel, stream, group, eventId, type, attempt, delayMs, error });
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
