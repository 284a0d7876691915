/** The most partitions that a stream can have: each of them costs its reader a connection. */
export const MAX_PARTITIONS = 1_024;

/** Tells whether a stream can have so many partitions. */
export function isPartitionCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 1 && count <= MAX_PARTITIONS;
}
