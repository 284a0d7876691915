import { BackboneError, describeError, NonRetryableError } from '../core/index.js';

// What a later try may well mend: 408 Request Timeout, 425 Too Early, 429 Too Many Requests.
const PASSING: readonly number[] = [408, 425, 429];
const WRONG_INPUT: readonly number[] = [400, 422];

/**
 * Turns an error that was thrown before a handler began into what is to become of the event: a guard's denial and a
 * pipe's rejection say the same however often they are asked, so the event is set aside at once.
 */
export function refusal(where: string, error: unknown): unknown {
  const status = statusOf(error);
  if (status === undefined || status < 400 || status > 499 || PASSING.includes(status)) return error;
  if (WRONG_INPUT.includes(status)) {
    return new BackboneError('EB_VALIDATION', `${where}: a pipe refused the event's arguments (status ${status})`, {
      cause: error,
    });
  }
  return new NonRetryableError(`${where}: a guard denied the event: ${describeError(error)}`, { cause: error });
}

/** The status of Nest's HTTP exceptions, of whichever copy of the package. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('getStatus' in error) || typeof error.getStatus !== 'function') return undefined;
  const status: unknown = (error as Error & { getStatus: () => unknown }).getStatus();
  return typeof status === 'number' ? status : undefined;
}
