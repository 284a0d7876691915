import type { Stream } from '../core/index.js';
import { REDRIVE_HEADER } from './event-record.js';
import type { GroupLog } from './group-log.js';
import type { KafkaDriver, KafkaRecord } from './kafka-driver.js';
import { topicNames } from './topic-names.js';

/**
 * Hands dead letters to their group again: a copy of each is appended to its partition, for this group alone, and then the
 * letter goes. Returns how many there were. A crash in between hands the event out twice, and never not at all.
 */
export function redrive(
  driver: KafkaDriver,
  log: GroupLog,
  stream: Stream,
  { group, ids, timeoutMs }: { readonly group: string; readonly ids: readonly string[]; readonly timeoutMs: number },
): Promise<number> {
  return log.oneAtATime(async () => {
    await log.refresh();
    const copies: KafkaRecord[] = [];
    const found: string[] = [];
    for (const id of new Set(ids)) {
      const letter = log.group(group).letters.get(id);
      const record = letter && (await log.recordOf(group, letter));
      if (!record) continue;
      const { partition, key, value } = record;
      const headers = { ...record.headers, [REDRIVE_HEADER]: Buffer.from(group) };
      copies.push({ partition, key, value, headers });
      found.push(id);
    }
    if (copies.length === 0) return 0;
    await driver.produce(topicNames(stream).events, copies, timeoutMs);
    return log.removeLetters(group, found);
  });
}
