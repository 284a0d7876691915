import type { DeadLetterKind, DeadLetterReason } from './delivery.js';
import { describeError, isBackboneError, type ErrorCode } from './errors.js';
import type { Fields } from './message.js';
import { redactedText } from './redaction.js';

const KINDS: ReadonlyMap<ErrorCode, DeadLetterKind> = new Map<ErrorCode, DeadLetterKind>([
  ['EB_MALFORMED', 'malformed'],
  ['EB_TAMPERED', 'malformed'],
  ['EB_UNDECODABLE', 'invalid'],
  ['EB_VALIDATION', 'invalid'],
  ['EB_FIELDS_LOST', 'lost'],
  ['EB_UNKNOWN_TYPE', 'unknown'],
]);

const MAX_CODE_LENGTH = 100;
const MAX_ERROR_LENGTH = 500;
const MAX_STACK_LENGTH = 4_000;

/**
 * Describes why an event is set aside, whatever was thrown; it never throws itself. What is kept holds no secret, as far
 * as one can be recognised, and no argument of the event whose fields are given. The stack is kept without its first
 * lines, which repeat the message.
 */
export function deadLetterReason(error: unknown, attempts: number, fields?: Fields): DeadLetterReason {
  const text = describeError(error);
  if (isBackboneError(error)) {
    const kind = KINDS.get(error.code) ?? 'failed';
    return { kind, code: error.code, error: kept(text, MAX_ERROR_LENGTH, fields), attempts };
  }
  const name = nameOf(error);
  const stack = stackOf(error);
  return {
    kind: 'failed',
    code: name,
    error: kept(`${name}: ${text}`, MAX_ERROR_LENGTH, fields),
    stack: stack === undefined ? undefined : kept(stack, MAX_STACK_LENGTH, fields),
    attempts,
  };
}

/** Cut last: half a value would not be recognised. */
function kept(text: string, length: number, fields: Fields | undefined): string {
  return redactedText(text, fields).slice(0, length);
}

function nameOf(error: unknown): string {
  const name = read(error, 'name');
  return name === undefined || name === '' ? 'Error' : name.slice(0, MAX_CODE_LENGTH);
}

function stackOf(error: unknown): string | undefined {
  const stack = read(error, 'stack');
  const at = stack?.indexOf('\n    at ') ?? -1;
  return at < 0 ? undefined : stack?.slice(at + 1);
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
