const SEED = 0x9747b28c;
const FACTOR = 0x5bd1e995;

/**
 * Tells which of `partitions` the events of a key belong to: the positive murmur2 hash of its UTF-8 bytes, modulo their
 * number. This is what Kafka's own clients do, so a key finds the same partition whoever writes.
 */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** Kafka's variant of murmur2, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let hash = SEED ^ bytes.length;
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(view.getInt32(i, true), FACTOR);
    word = Math.imul(word ^ (word >>> 24), FACTOR);
    hash = Math.imul(hash, FACTOR) ^ word;
  }
  for (let i = bytes.length - 1; i >= whole; i -= 1) hash ^= view.getUint8(i) << (8 * (i - whole));
  if (whole < bytes.length) hash = Math.imul(hash, FACTOR);
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return hash ^ (hash >>> 15);
}
