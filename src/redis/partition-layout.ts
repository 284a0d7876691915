import { BackboneError, isBackboneError } from '../core/index.js';
import type { StreamKeys } from './keys.js';

/** What the append script says when the stream has another number of partitions than the producer believes. */
const REFUSAL = /^EBLAYOUT (\d+)/;

/** The error of a channel whose number of partitions is not the stream's. */
export function otherLayout(stream: StreamKeys['stream'], actual: number, expected: number): BackboneError {
  const message =
    `${stream} belongs to a stream of ${actual} partitions, and this channel is set up for ${expected}; ` +
    `set partitions to ${actual}, or change the stream as docs/partitions.md tells`;
  return new BackboneError('EB_CHANNEL', message, { details: { actual, expected, path: 'partitions' } });
}

/** Reads the append script's refusal; nothing for any other failure. */
export function layoutRefusal(error: unknown, { stream, partitions }: StreamKeys): BackboneError | undefined {
  const actual = error instanceof Error ? REFUSAL.exec(error.message)?.[1] : undefined;
  return actual === undefined ? undefined : otherLayout(stream, Number(actual), partitions);
}

/** Tells whether an append was refused because of the number of partitions. */
export function isOtherLayout(error: unknown): boolean {
  return isBackboneError(error, 'EB_CHANNEL') && error.details['path'] === 'partitions';
}
