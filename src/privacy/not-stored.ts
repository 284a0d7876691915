import { BackboneError, describeError, isBackboneError, type ErrorCode } from '../core/index.js';

/** What the caller must mend; no later try will help. */
const AS_THEY_ARE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['EB_ARGUMENT', 'EB_CLOSED', 'EB_OPTIONS']);

/** Tells a producer what a failing store means for its event: whatever may have been put there, the event was not appended. */
export function notStored(what: string): (error: unknown) => never {
  return (error) => {
    if (isBackboneError(error) && AS_THEY_ARE.has(error.code)) throw error;
    const message = `${what} did not answer as it must, so nothing was appended: ${describeError(error)}`;
    throw new BackboneError('EB_NOT_STORED', message, { cause: error });
  };
}
