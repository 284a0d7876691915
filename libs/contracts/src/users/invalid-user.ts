/** Says in one line why a text cannot be part of a user. Never holds the text. */
export class InvalidUserError extends Error {
  override readonly name = 'InvalidUserError';
}
