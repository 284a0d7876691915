import type { KafkaRecord } from './kafka-driver.js';

// What a record, and a header, need besides their content, rounded up.
const RECORD_BYTES = 32;
const HEADER_BYTES = 4;

/** How many bytes a record takes at most where it is not compressed. */
export function recordBytes({ key, value, headers }: KafkaRecord): number {
  let bytes = RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + HEADER_BYTES;
  return bytes;
}
