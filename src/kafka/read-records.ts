import type { KafkaDriver, StoredRecord } from './kafka-driver.js';
import { kafkaFailure, type KafkaFailure } from './kafka-failure.js';
import { pauseMs } from './pause-ms.js';

const TRIES = 6;
const LONGEST_PAUSE_MS = 1_000;
const NEVER = new AbortController().signal;
// The client stumbles over metadata that change under it with errors of its own code; reading again does no harm.
const AGAIN: ReadonlySet<KafkaFailure> = new Set<KafkaFailure>(['refused', 'fatal']);

/** Reads ranges of partitions; a broker that refuses for now, as a coordinator that has just begun, is asked again. */
export async function* readRecords(
  driver: KafkaDriver,
  topic: string,
  ranges: Parameters<KafkaDriver['read']>[1],
): AsyncGenerator<readonly StoredRecord[], void, undefined> {
  const last = new Map<number, bigint>();
  for (let attempt = 1; ; attempt += 1) {
    const left = ranges.map((range) => ({ ...range, from: (last.get(range.partition) ?? range.from - 1n) + 1n }));
    try {
      for await (const records of driver.read(topic, left)) {
        for (const { partition, offset } of records) last.set(partition, offset);
        yield records;
      }
      return;
    } catch (error) {
      if (attempt === TRIES || !AGAIN.has(kafkaFailure(error))) throw error;
      await pauseMs(attempt, NEVER, LONGEST_PAUSE_MS);
    }
  }
}
