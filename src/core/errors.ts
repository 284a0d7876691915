/** Every code a {@link BackboneError} can carry; `docs/errors.md` has a heading for each. */
export const ERROR_CODES = [
  'EB_ARGUMENT',
  'EB_BACKPRESSURE',
  'EB_CHANNEL',
  'EB_CLOSED',
  'EB_CONFLICT',
  'EB_CONTRACT',
  'EB_CRASHED',
  'EB_DIVERGED',
  'EB_FIELDS_LOST',
  'EB_HANDLER',
  'EB_LEASE_LOST',
  'EB_MALFORMED',
  'EB_NAME',
  'EB_NOT_COMPLETED',
  'EB_NOT_STORED',
  'EB_OFFSET_LOST',
  'EB_OPTIONS',
  'EB_OUTCOME_UNKNOWN',
  'EB_PARKED',
  'EB_PROJECTION',
  'EB_STOPPING',
  'EB_TAMPERED',
  'EB_TIMEOUT',
  'EB_TOO_LARGE',
  'EB_UNDECODABLE',
  'EB_UNKNOWN_TYPE',
  'EB_UNSUPPORTED',
  'EB_VALIDATION',
] as const;

/** The literal code of a {@link BackboneError}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a {@link BackboneError} may carry besides its message. */
export interface ErrorExtras {
  readonly cause?: unknown;
  /** Facts for programs: paths, names, limits. Never the value of an argument. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error class of the library: tell cases apart by `code`, never by message. */
export class BackboneError extends Error {
  override readonly name = 'BackboneError';
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extras: ErrorExtras = {},
  ) {
    super(`${code}: ${message}`, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.details = extras.details ?? {};
  }
}

/**
 * Thrown by a handler to say that trying again cannot help: the event goes to the dead letters at once.
 */
export class NonRetryableError extends Error {
  override readonly name: string = 'NonRetryableError';
}

/**
 * Tells whether a value is a {@link BackboneError}, of the given code if one is named. Works across package copies, and
 * with anything that can be thrown: it never throws itself.
 */
export function isBackboneError(error: unknown, code?: ErrorCode): error is BackboneError {
  try {
    if (!(error instanceof Error) || error.name !== 'BackboneError') return false;
    const { code: own, details } = error as { code?: unknown; details?: unknown };
    return (
      typeof own === 'string' && typeof details === 'object' && details !== null && (code === undefined || own === code)
    );
  } catch {
    return false;
  }
}

/** Gives a short, safe text for anything that can be thrown, `undefined` included. */
export function describeError(error: unknown): string {
  if (typeof error === 'string') return error;
  try {
    // Read as unknown: whoever throws may have put anything there.
    const { message, name } = error instanceof Error ? (error as { message: unknown; name: unknown }) : {};
    if (typeof message === 'string' && message !== '') return message;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    return 'an error that cannot be described';
  }
  return `thrown value of type ${error === null ? 'null' : typeof error}`;
}
