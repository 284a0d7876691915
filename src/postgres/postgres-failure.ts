import { BackboneError, isBackboneError, type ErrorCode } from '../core/index.js';

/** What a failed statement means for what it was to do. */
export type FailureKind =
  /** It never left: nothing was done. */
  | 'unsent'
  /** The reply did not come: it may have been done. */
  | 'unknown'
  /** The server refused for now: nothing was done, later it may work. */
  | 'refused'
  /** The server's disk or memory is full: nothing was done. */
  | 'full'
  /** A table, a function or a schema is not there. */
  | 'missing'
  /** It cannot work: no permission, a bug. */
  | 'fatal';

/** What this library noticed by itself: a server that cannot be reached, does not answer, or is not the primary. */
export class ServerFault extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message);
  }
}

const OWN_CODES: ReadonlyMap<ErrorCode, FailureKind> = new Map<ErrorCode, FailureKind>([
  ['EB_OUTCOME_UNKNOWN', 'unknown'],
  ['EB_NOT_STORED', 'unsent'],
]);
const SQLSTATE = /^[0-9A-Z]{5}$/;
// Disk full and out of memory, of the server or of its lock table.
const FULL = /^53[12]00$/;
// Too many connections, conflicts, locks that are not free, a server that starts, is read-only or a replica.
const REFUSED = /^(53|40|55P03|55006|57P03|57P05|57014|25006|08)/;
// Terminated, or crashed: what was under way may have been done.
const UNKNOWN = /^(57P0[12]|58|XX|40003|08007)/;
const MISSING = /^(42P01|42883|42703|3F000)$/;
const UNSENT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|timeout exceeded when trying to connect/;
// What Node names, and the client's own sentences to the letter: a handler of a projection may say "timeout" of its own.
const LOST =
  /\b(ECONN[A-Z]+|EPIPE|ETIMEDOUT)\b|^(Connection terminated( unexpectedly| due to connection timeout)?|Connection ended unexpectedly|Query read timeout|timeout expired|Client (has encountered a connection error|was closed) and is not queryable)$/;

/** Tells what an error of the client or the server means. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof ServerFault) return error.kind;
  if (isBackboneError(error)) return OWN_CODES.get(error.code) ?? 'fatal';
  const state = stateOf(error);
  if (state !== undefined) {
    if (UNKNOWN.test(state)) return 'unknown';
    if (FULL.test(state)) return 'full';
    if (MISSING.test(state)) return 'missing';
    return REFUSED.test(state) ? 'refused' : 'fatal';
  }
  const text = textOf(error);
  if (UNSENT.test(text)) return 'unsent';
  return LOST.test(text) ? 'unknown' : 'fatal';
}

/** The five characters by which the server names an error; absent for errors of the client. */
export function stateOf(error: unknown): string | undefined {
  const origin = originOf(error);
  const code: unknown = origin instanceof Error && 'severity' in origin && 'code' in origin ? origin.code : undefined;
  return typeof code === 'string' && SQLSTATE.test(code) ? code : undefined;
}

const MOST_CAUSES = 5;

/** What an ORM throws wraps the error of its client, and its own message may quote values. */
function originOf(error: unknown): unknown {
  let origin = error;
  for (let depth = 0; depth < MOST_CAUSES && origin instanceof Error && origin.cause instanceof Error; depth += 1) {
    origin = origin.cause;
  }
  return origin;
}

/** Says what went wrong without what errors of the server quote: the values that it could not use. */
export function failureReason(error: unknown): string {
  if (isBackboneError(error)) return error.message;
  const state = stateOf(error);
  const text = (textOf(error).split(/\r|\n/)[0] ?? '').slice(0, 200) || 'unknown error';
  if (state === undefined) return text;
  return QUOTES_VALUES.test(state) ? `the server refused it with ${state}` : `${text} (${state})`;
}

const QUOTES_VALUES = /^(2[123]|P0|44)/;

/** Wraps a failure for the caller, in words that say what to do. */
export function channelError(what: string, error: unknown): BackboneError {
  if (isBackboneError(error)) return error;
  const reason = failureReason(error);
  const remedy =
    failureKind(error) === 'missing'
      ? 'run what postgresSchema() prints, or let the channel create its tables'
      : "check the server and the user's rights";
  return new BackboneError('EB_CHANNEL', `${what} failed: ${reason}; ${remedy}`);
}

/** Says what failed, whatever fails in the work. */
export async function said<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw channelError(what, error);
  }
}

function textOf(error: unknown): string {
  const origin = originOf(error);
  if (!(origin instanceof Error)) return '';
  // The server's are told beside its message.
  const code: unknown = 'code' in origin && !('severity' in origin) ? origin.code : undefined;
  // A host with several addresses fails with an error that has no message.
  const text = origin.message || origin.name;
  return typeof code === 'string' && !text.includes(code) ? `${code} ${text}` : text;
}
