import { BackboneError, isBackboneError, type ErrorCode } from '../core/index.js';

/** What a failed call means for what it was to do. */
export type FailureKind =
  /** It never left: nothing was done. */
  | 'unsent'
  /** The reply did not come: it may have been done. */
  | 'unknown'
  /** The server refused for now: nothing was done, later it may work. */
  | 'refused'
  /** The server is full: nothing was done. */
  | 'full'
  /** The group or its stream is gone. */
  | 'noGroup'
  /** Fields that were sent ahead are gone: nothing was done. */
  | 'unstaged'
  /** The server does not know the script: nothing was done. */
  | 'noScript'
  /** It cannot work: wrong type, no permission, a bug. */
  | 'fatal';

const OWN_CODES: ReadonlyMap<ErrorCode, FailureKind> = new Map<ErrorCode, FailureKind>([
  ['EB_OUTCOME_UNKNOWN', 'unknown'],
  ['EB_NOT_STORED', 'unsent'],
]);
const NO_GROUP = /^NOGROUP|^UNBLOCKED the stream key|requires the key to exist/;
const REFUSED =
  /^(READONLY|LOADING|MISCONF|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|TRYAGAIN|BUSY |UNBLOCKED|UNKILLABLE|EXECABORT|ERR max number)/;
const UNSENT =
  /isn't writeable|enableOfflineQueue|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|None of startup nodes|Failed to refresh/;
const UNKNOWN =
  /Connection is closed|ECONN|EPIPE|ETIMEDOUT|socket|max retries per request|Too many Cluster redirections|connection close/i;

/** Tells what an error of the client or the server means. */
export function failureKind(error: unknown): FailureKind {
  if (isBackboneError(error)) return OWN_CODES.get(error.code) ?? 'fatal';
  const text = textOf(error);
  if (text.startsWith('OOM')) return 'full';
  if (text.startsWith('EBSTAGED')) return 'unstaged';
  if (text.startsWith('NOSCRIPT')) return 'noScript';
  if (NO_GROUP.test(text)) return 'noGroup';
  if (REFUSED.test(text)) return 'refused';
  if (UNSENT.test(text)) return 'unsent';
  return UNKNOWN.test(text) ? 'unknown' : 'fatal';
}

/** Tells whether the server is a replica now, so that another one must be found. */
export function meansReadOnly(error: unknown): boolean {
  return textOf(error).startsWith('READONLY');
}

/**
 * Says what went wrong without what the client's errors carry: they hold the command with its arguments, and servers
 * quote arguments of unknown commands.
 */
export function failureReason(error: unknown): string {
  const text = textOf(error);
  if (/max retries per request/.test(text)) return 'the connection was lost';
  const code = codeOf(error);
  const cut = (text.split(/,? with args|\r|\n/)[0] ?? '').slice(0, 200) || 'unknown error';
  return code !== '' && !cut.includes(code) ? `${code} ${cut}` : cut;
}

/** Wraps a failure for the caller, in words that say what to do. */
export function channelError(what: string, error: unknown): BackboneError {
  return isBackboneError(error)
    ? error
    : new BackboneError(
        'EB_CHANNEL',
        `${what} failed: ${failureReason(error)}; check the server and the user's rights`,
      );
}

/** Servers before 7 wrap what a script fails with: `ERR Error running script (...): @user_script:3: -OOM ...`. */
function textOf(error: unknown): string {
  // A host with several addresses fails with an error that has no message.
  const text = error instanceof Error ? error.message || codeOf(error) || error.name : '';
  return text.replace(/^ERR Error running script [^\r\n]*?@user_script: ?\d+: -?(?!@user_script)/, '');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
