import type { GroupMember, KafkaDriver, MemberListener } from './kafka-driver.js';
import { kafkaConnection, type KafkaConnectionOptions } from './kafka-options.js';
import { KafkajsAdmin } from './kafkajs-admin.js';
import { KafkajsMember } from './kafkajs-member.js';
import { KafkajsProducer } from './kafkajs-producer.js';
import { readRanges, type ReadRange } from './kafkajs-read.js';

const CLOSING_MS = 5_000;

/**
 * Talks to Kafka through kafkajs 2. Connects at the first use.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function kafkajsDriver(options: KafkaConnectionOptions): KafkaDriver {
  const connection = kafkaConnection(options);
  const admin = new KafkajsAdmin(connection);
  const producer = new KafkajsProducer(connection, (topic) => admin.hasTopic(topic));
  const members = new Set<GroupMember>();

  async function* read(topic: string, ranges: readonly ReadRange[]) {
    if (ranges.length === 0) return;
    const marks = new Map((await admin.watermarks(topic)).map((mark) => [mark.partition, mark]));
    const there = ranges.flatMap(({ partition, from, to }) => {
      const mark = marks.get(partition);
      if (!mark) return [];
      return [{ partition, from: from > mark.low ? from : mark.low, to: to < mark.high ? to : mark.high }];
    });
    yield* readRanges(connection, topic, there, (groupId) => void admin.deleteGroup(groupId).catch(() => undefined));
  }

  return {
    produce: (topic, records, timeoutMs) => producer.append(topic, records, timeoutMs),
    join: (topic: string, groupId: string, listener: MemberListener) => {
      const member = new KafkajsMember({ connection, topic, groupId, listener }, () => members.delete(member));
      members.add(member);
      return member;
    },
    read,
    topic: (topic) => admin.topic(topic),
    createTopic: (wanted) => admin.createTopic(wanted),
    watermarks: (topic) => admin.watermarks(topic),
    ends: (topic) => admin.ends(topic),
    offsetsAt: (topic, timestamp) => admin.offsetsAt(topic, timestamp),
    committed: (topic, groupId) => admin.committed(topic, groupId),
    group: (groupId) => admin.group(groupId),
    deleteRecords: (topic, offsets) => admin.deleteRecords(topic, offsets),
    close: async () => {
      await Promise.all([...members].map((member) => member.close(CLOSING_MS)));
      await producer.close();
      await admin.close();
    },
  };
}
