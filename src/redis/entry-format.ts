/** The name of the one field of a stream entry: the library and the version of the wire format; docs/wire-format.md. */
export const ENTRY_FIELD = 'eb1';

/** How long the text of an entry may be: longer ones are neither written nor read. In characters. */
export const MAX_ENTRY_LENGTH = 256 * 1024;

/** What a stream entry says about the event's hashes. */
export interface StoredFields {
  /** How many fields the event hash holds. */
  readonly plain: number;
  /** How many fields the personal hash holds. */
  readonly personal: number;
  /** They are large: read without a script. */
  readonly large: boolean;
  /** The names of those that were given as bytes; the others are text. */
  readonly binary: readonly string[];
  /** The names of those that are kept in a payload store; the hash holds references to them. */
  readonly refs: readonly string[];
}
