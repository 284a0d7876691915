import { hash } from 'node:crypto';
import type { Stream } from './stream.js';

/** What a derived event id stands for. */
export interface Derivation {
  /** The stream of the cause: event ids are unique inside a stream only. */
  readonly causeStream: Stream;
  readonly causeId: string;
  readonly group: string;
  /** The contract and the type of the event that is produced. */
  readonly contract: string;
  readonly type: string;
  /**
   * How many events of this contract and type the handler's run has produced before. Negative, from -1 downwards, for
   * middleware around the handler.
   */
  readonly ordinal: number;
}

/**
 * Returns the id of an event produced by a handler. The same handler run twice for the same event gives the same ids,
 * so that the second run stores nothing.
 */
export function derivedEventId({ causeStream, causeId, group, contract, type, ordinal }: Derivation): string {
  const { environment, contract: causeContract } = causeStream;
  // The cause's id last: it is the one part that somebody else may have written, line breaks and all.
  return derivedUuid([environment, causeContract, group, contract, type, ordinal, causeId].join('\n'));
}

/** Returns the id that a text stands for: SHA-256 in the form of a UUID of version 8 (RFC 9562, 5.8). */
export function derivedUuid(text: string): string {
  const hex = hash('sha256', text);
  const variant = ((parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
