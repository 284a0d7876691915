import { describeError, isBackboneError, type ErrorCode } from '../core/index.js';

/** What the command line ends with. */
export const EXIT = {
  done: 0,
  /** It could not be done, or what was looked at is not as it should be. */
  failed: 1,
  /** What was asked for cannot be done; nothing was changed. */
  refused: 2,
  /** Ended by an interrupt. */
  interrupted: 130,
} as const;

/** Ends a command with a message for people and an exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: (typeof EXIT)[keyof typeof EXIT] = EXIT.refused,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What can be mended by asking for something else. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'EB_ARGUMENT',
  'EB_CONTRACT',
  'EB_NAME',
  'EB_OPTIONS',
  'EB_TOO_LARGE',
  'EB_UNSUPPORTED',
  'EB_VALIDATION',
]);

/** Returns the exit code for what a command ended with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  return isBackboneError(error) && REFUSALS.has(error.code) ? EXIT.refused : EXIT.failed;
}

/** Returns what there is to say about an error: to people, and to programs. */
export function toldError(error: unknown): { readonly code?: string; readonly message: string } {
  if (isBackboneError(error)) return { code: error.code, message: error.message.replace(`${error.code}: `, '') };
  return { message: describeError(error) };
}
