import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { StoredRecord } from './kafka-driver.js';

/** Reads what kafkajs hands over; of a header that is repeated the last one counts. */
export function storedRecord(
  partition: number,
  { offset, timestamp, key, value, headers = {} }: KafkaMessage,
): StoredRecord {
  return {
    partition,
    offset: BigInt(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers: isSingle(headers) ? headers : single(headers),
  };
}

/** Nearly always: a copy of the headers would cost more than the rest of the record. */
function isSingle(headers: IHeaders): headers is Record<string, Buffer> {
  for (const name in headers) if (!Buffer.isBuffer(headers[name])) return false;
  return true;
}

function single(headers: IHeaders): Record<string, Buffer> {
  // Names come from whoever may write to the topic.
  const last = Object.create(null) as Record<string, Buffer>;
  for (const [name, given] of Object.entries(headers)) {
    // A header may also have no value at all, which kafkajs does not say in its types.
    const content = (Array.isArray(given) ? given.at(-1) : given) ?? undefined;
    if (content !== undefined) last[name] = Buffer.from(content);
  }
  return last;
}
