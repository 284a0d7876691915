import type { DeadLetterKind, DeadLetterReason } from './channel.js';
import { describeError, isBackboneError, type ErrorCode } from './errors.js';

const KINDS: ReadonlyMap<ErrorCode, DeadLetterKind> = new Map<ErrorCode, DeadLetterKind>([
  ['EB_MALFORMED', 'malformed'],
  ['EB_UNDECODABLE', 'invalid'],
  ['EB_VALIDATION', 'invalid'],
  ['EB_FIELDS_LOST', 'lost'],
  ['EB_UNKNOWN_TYPE', 'unknown'],
]);

const MAX_CODE_LENGTH = 100;
const MAX_ERROR_LENGTH = 500;
const MAX_STACK_LENGTH = 4_000;

/**
 * Describes why an event is set aside, whatever was thrown; it never throws itself. The stack is kept without its first
 * lines, which repeat the message.
 */
export function deadLetterReason(error: unknown, attempts: number): DeadLetterReason {
  const text = describeError(error);
  if (isBackboneError(error)) {
    const kind = KINDS.get(error.code) ?? 'failed';
    return { kind, code: error.code, error: text.slice(0, MAX_ERROR_LENGTH), attempts };
  }
  const name = nameOf(error);
  return {
    kind: 'failed',
    code: name,
    error: `${name}: ${text}`.slice(0, MAX_ERROR_LENGTH),
    stack: stackOf(error),
    attempts,
  };
}

function nameOf(error: unknown): string {
  const name = read(error, 'name');
  return name === undefined || name === '' ? 'Error' : name.slice(0, MAX_CODE_LENGTH);
}

function stackOf(error: unknown): string | undefined {
  const stack = read(error, 'stack');
  const at = stack?.indexOf('\n    at ') ?? -1;
  return at < 0 ? undefined : stack?.slice(at + 1, at + 1 + MAX_STACK_LENGTH);
}

/** A getter of somebody else's error may throw, and may give anything. */
function read(error: unknown, name: 'name' | 'stack'): string | undefined {
  try {
    const value: unknown = error instanceof Error ? error[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
