/** `nest-event-backbone/kafka`: events on Kafka topics. */
export { kafkaChannel } from './kafka-channel.js';
export type { KafkaChannelOptions } from './kafka-channel-options.js';
export type {
  GroupMember,
  KafkaDriver,
  KafkaRecord,
  MemberListener,
  PartitionOffset,
  StoredRecord,
  TopicFound,
  TopicWanted,
  Watermarks,
} from './kafka-driver.js';
export { kafkajsDriver } from './kafkajs-driver.js';
export type { KafkaConnectionOptions, KafkaSasl } from './kafka-options.js';
export type { OnOffsetLost } from './start-offsets.js';
