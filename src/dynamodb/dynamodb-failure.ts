import { BackboneError } from '../core/index.js';

/** What a failed call means for what it was to do. */
export type FailureKind =
  /** It never left: nothing was done. */
  | 'unsent'
  /** The reply did not come: it may have been done. */
  | 'unknown'
  /** The table takes no more for now: nothing was done. */
  | 'busy'
  /** What it asked for beforehand was not so: nothing was done, or a try of it before. */
  | 'unmet'
  /** It cannot work: no table, no rights, wrong use. */
  | 'fatal';

/** A call that failed, after all that the client tried by itself; it holds nothing of what was sent. */
export class DynamodbCallError extends Error {
  override readonly name = 'DynamodbCallError';

  constructor(
    readonly kind: FailureKind,
    readonly reason: string,
  ) {
    super(reason);
  }
}

const BUSY = /Throttl|ThroughputExceeded|RequestLimitExceeded|TooManyRequests|ReplicatedWriteConflict|InProgress/;
const AWAY = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT|UNABLE_TO_VERIFY|ERR_TLS/;

/** Tells what an error of the client means. */
export function failureKind(error: unknown): FailureKind {
  const { name, code, status } = facts(error);
  if (BUSY.test(name)) return 'busy';
  if (name === 'ConditionalCheckFailedException') return 'unmet';
  if (status !== undefined) return status >= 500 ? 'unknown' : 'fatal';
  return AWAY.test(code) || name === 'CredentialsProviderError' ? 'unsent' : 'unknown';
}

/** Says what went wrong without the server's text, which may quote what was sent. */
export function failureReason(error: unknown): string {
  const { name, code, status } = facts(error);
  return [name || 'unknown error', code, status].filter((part) => part !== '' && part !== undefined).join(' ');
}

/** Wraps a failed read, in words that say what to do. */
export function readError(error: unknown): BackboneError {
  return storeError('reading', asCallError(error));
}

/** Wraps a failed change. Only when surely nothing was changed may it say so. */
export function changeError(error: unknown): BackboneError {
  const failure = asCallError(error);
  const { kind, reason } = failure;
  if (kind === 'busy') {
    const message = `the DynamoDB table of the payload store takes no more for now (${reason}); slow down and put again`;
    return new BackboneError('EB_BACKPRESSURE', message);
  }
  if (kind === 'fatal') return storeError('changing', failure);
  if (kind === 'unsent') return new BackboneError('EB_NOT_STORED', `nothing was changed: ${reason}`);
  return new BackboneError('EB_OUTCOME_UNKNOWN', `DynamoDB did not confirm all of the change (${reason}); repeat it`);
}

function storeError(what: string, { reason }: DynamodbCallError): BackboneError {
  const remedy = 'check that the table is there, its keys, and the rights of the client';
  return new BackboneError('EB_CHANNEL', `${what} the payload store failed: ${reason}; ${remedy}`);
}

function asCallError(error: unknown): DynamodbCallError {
  return error instanceof DynamodbCallError ? error : new DynamodbCallError(failureKind(error), failureReason(error));
}

interface Facts {
  readonly name: string;
  readonly code: string;
  /** That of the server's answer; absent when there was none. */
  readonly status: number | undefined;
}

function facts(error: unknown): Facts {
  if (!(error instanceof Error)) return { name: '', code: '', status: undefined };
  const code: unknown = Reflect.get(error, 'code');
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return {
    name: error.name,
    code: typeof code === 'string' ? code : '',
    status: typeof status === 'number' ? status : undefined,
  };
}
