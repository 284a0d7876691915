import { BackboneError, isBackboneError } from '../core/index.js';

/** What a failed operation means for what it was to do. */
export type FailureKind =
  /** The document is another one by now, or somebody has it in hand: nothing was done. */
  | 'conflict'
  /** Nothing was done, later it may work. */
  | 'refused'
  /** The reply did not come: it may have been done. */
  | 'unknown'
  /** The server takes no more for now: nothing was done. */
  | 'full'
  /** The document would be larger than the server takes. */
  | 'tooLarge'
  /** It cannot work: no rights, no such collection, wrong use. */
  | 'fatal';

const KINDS: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries({
    CasMismatchError: 'conflict',
    DocumentExistsError: 'conflict',
    DocumentNotFoundError: 'conflict',
    DocumentLockedError: 'conflict',
    DurableWriteInProgressError: 'conflict',
    DurableWriteReCommitInProgressError: 'conflict',
    TemporaryFailureError: 'conflict',
    UnambiguousTimeoutError: 'refused',
    ServiceNotAvailableError: 'refused',
    DurabilityImpossibleError: 'refused',
    RateLimitedError: 'full',
    QuotaLimitedError: 'full',
    ValueTooLargeError: 'tooLarge',
    AuthenticationFailureError: 'fatal',
    BucketNotFoundError: 'fatal',
    ScopeNotFoundError: 'fatal',
    CollectionNotFoundError: 'fatal',
    InvalidArgumentError: 'fatal',
    InvalidDurabilityLevel: 'fatal',
    DurabilityLevelNotAvailableError: 'fatal',
    FeatureNotAvailableError: 'fatal',
    UnsupportedOperationError: 'fatal',
    ClusterClosedError: 'fatal',
    ConnectionClosedError: 'fatal',
  } as const),
);

/** Tells what an error of the client means, by its name. */
export function failureKind(error: unknown): FailureKind {
  if (isBackboneError(error)) return 'fatal';
  return KINDS.get(nameOf(error)) ?? 'unknown';
}

/** Tells that there is no such document. */
export function isNotFound(error: unknown): boolean {
  return nameOf(error) === 'DocumentNotFoundError';
}

/** Wraps a failed read, in words that say what to do. */
export function readError(error: unknown): BackboneError {
  return isBackboneError(error) ? error : storeError('reading', error);
}

/** Wraps a failed change; `someDone` says that another part of it was done. Only when surely nothing was may it say so. */
export function changeError(error: unknown, someDone: boolean): BackboneError {
  if (isBackboneError(error)) return error;
  const kind = failureKind(error);
  const reason = nameOf(error);
  if (kind === 'full') {
    const message = `the Couchbase of the payload store takes no more for now (${reason}); slow down and put again`;
    return new BackboneError('EB_BACKPRESSURE', message);
  }
  if (kind === 'tooLarge') {
    const message = 'the fields of an event are larger than a document may be; keep some of them elsewhere';
    return new BackboneError('EB_TOO_LARGE', message);
  }
  if (kind === 'fatal') return storeError('changing', error);
  if (kind === 'unknown' || someDone) {
    return new BackboneError(
      'EB_OUTCOME_UNKNOWN',
      `Couchbase did not confirm all of the change (${reason}); repeat it`,
    );
  }
  return new BackboneError('EB_NOT_STORED', `nothing was changed: ${reason}`);
}

function storeError(what: string, error: unknown): BackboneError {
  const remedy = 'check that the collection is there, and the rights of the user';
  return new BackboneError('EB_CHANNEL', `${what} the payload store failed: ${nameOf(error)}; ${remedy}`);
}

/** The text of such an error may quote the document. */
function nameOf(error: unknown): string {
  return error instanceof Error && error.name !== '' ? error.name : 'unknown error';
}
