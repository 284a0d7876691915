import { setTimeout as sleep } from 'node:timers/promises';
import type {
  $Command,
  DynamoDBClient,
  DynamoDBClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import { DynamodbCallError, failureKind, failureReason, type FailureKind } from './dynamodb-failure.js';

const PARTS_AT_A_TIME = 8;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** Sends commands through a client of the application, each within a time, and tells what became of those that failed. */
export class DynamodbCalls {
  readonly #client: DynamoDBClient;
  readonly #timeoutMs: number;

  constructor(client: DynamoDBClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends one command; the client may try it several times by itself.
   *
   * @throws DynamodbCallError
   */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: $Command<I, O, DynamoDBClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  ): Promise<O> {
    const over = new AbortController();
    const tries: FailureKind[] = [];
    // The client tells of its last try only, and an earlier one may have done it.
    command.middlewareStack.add(
      (next) => async (args) => {
        const isLate = over.signal.aborted;
        try {
          return await next(args);
        } catch (error) {
          tries.push(isLate ? 'unsent' : failureKind(error));
          throw error;
        }
      },
      { name: 'watchTries', step: 'finalizeRequest', priority: 'low' },
    );
    const timer = setTimeout(() => over.abort(), this.#timeoutMs);
    try {
      return await this.#client.send(command, { abortSignal: over.signal });
    } catch (error) {
      const last = tries.at(-1) ?? failureKind(error);
      const kind = tries.includes('unknown') && last !== 'unmet' ? 'unknown' : last;
      throw new DynamodbCallError(
        kind,
        over.signal.aborted ? `no answer in ${this.#timeoutMs} ms` : failureReason(error),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Works off what the server takes only some of at a time: `work` gives back what it left, which is tried again.
   *
   * @throws DynamodbCallError
   */
  async untilDone<T>(all: readonly T[], work: (some: readonly T[]) => Promise<readonly T[]>): Promise<void> {
    let latest = performance.now() + this.#timeoutMs;
    let attempt = 0;
    for (let left = all; ; attempt += 1) {
      const before = left.length;
      left = await work(left);
      if (left.length === 0) return;
      if (left.length < before) {
        latest = performance.now() + this.#timeoutMs;
        attempt = 0;
      }
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * Math.random();
      if (performance.now() + pauseMs > latest) throw new DynamodbCallError('busy', 'it left some for later each time');
      await sleep(pauseMs);
    }
  }

  /**
   * Does parts of a whole, a few at a time; what has begun is waited for, whatever fails.
   *
   * @throws DynamodbCallError that says `unknown` where one part may have been done and another one was not.
   */
  async inParts<P, R>(parts: readonly P[], run: (part: P) => Promise<R>): Promise<readonly R[]> {
    const results: R[] = [];
    for (let i = 0; i < parts.length; i += PARTS_AT_A_TIME) {
      const outcomes = await Promise.allSettled(parts.slice(i, i + PARTS_AT_A_TIME).map(run));
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') results.push(outcome.value);
      const failed = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
      if (failed.length > 0) throw worst(failed, results.length > 0);
    }
    return results;
  }
}

function worst(failed: readonly unknown[], someDone: boolean): unknown {
  const calls = failed.filter((error) => error instanceof DynamodbCallError);
  const kinds = (['fatal', 'busy', 'unknown', 'unsent', 'unmet'] as const).map((kind) =>
    calls.find((call) => call.kind === kind),
  );
  const found = kinds.find((call) => call !== undefined);
  if (!found || calls.length < failed.length) return failed.find((error) => !(error instanceof DynamodbCallError));
  return found.kind === 'unsent' && someDone ? new DynamodbCallError('unknown', found.reason) : found;
}
