/** What a command line can end with. */
export const EXIT = {
  done: 0,
  /** It could not be done: a server refuses or is away. */
  failed: 1,
  /** What was asked for cannot be done; nothing was changed. */
  refused: 2,
  /** Somebody else was faster. */
  overtaken: 3,
} as const;

/** Ends a command with one line for people and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: (typeof EXIT)[keyof typeof EXIT] = EXIT.refused,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
