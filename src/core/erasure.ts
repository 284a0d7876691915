/** What was erased from events of a stream: the argument of `$erased`. */
export interface Erasure {
  /** The pseudonym of the data subject; absent when single events were erased. */
  readonly subject?: string;
  /** The ids of the events. */
  readonly events: readonly string[];
  /** The names of the fields. */
  readonly fields: readonly string[];
  /** When: milliseconds since 1970. */
  readonly time: number;
}
