import kafkajs, { type Admin, type MemberDescription } from 'kafkajs';
import type { AssignedMember, PartitionOffset, TopicFound, TopicWanted, Watermarks } from './kafka-driver.js';
import { KafkaCallError, kafkaErrorType, kafkaFailure } from './kafka-failure.js';
import type { KafkaConnection } from './kafka-options.js';
import { kafkajsClient } from './kafkajs-client.js';
import { KafkajsSockets } from './kafkajs-sockets.js';

const SECOND_LOOK_MS = 300;
const { MemberAssignment } = kafkajs.AssignerProtocol;

interface Link {
  readonly admin: Admin;
  readonly sockets: KafkajsSockets;
  readonly connected: Promise<void>;
  users: number;
  isBroken: boolean;
}

type Question<T> = (admin: Admin, sockets: KafkajsSockets) => Promise<T>;

/** Asks and changes topics and groups. After a failure the next call connects anew: kafkajs keeps asking for topics that are gone. */
export class KafkajsAdmin {
  readonly #connection: KafkaConnection;
  #link: Link | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  async topic(topic: string): Promise<TopicFound | undefined> {
    return this.#ask(async (admin) => {
      const partitions = await partitionsOf(admin, topic);
      if (!partitions) return undefined;
      const config = await configOf(admin, topic);
      return { partitions: partitions.length, replicationFactor: partitions[0]?.replicas.length ?? 0, config };
    });
  }

  /** A topic that was just made may not be known everywhere yet, so that it is looked for twice. */
  async hasTopic(topic: string): Promise<boolean> {
    const isThere = () => this.#ask(async (admin) => (await partitionsOf(admin, topic)) !== undefined);
    if (await isThere()) return true;
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    return isThere();
  }

  async createTopic({ topic, partitions, replicationFactor = -1, config = {} }: TopicWanted): Promise<boolean> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    const wanted = { topic, numPartitions: partitions, replicationFactor, configEntries };
    return this.#ask((admin) => admin.createTopics({ topics: [wanted], waitForLeaders: true }));
  }

  async watermarks(topic: string): Promise<readonly Watermarks[]> {
    const found = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
    const all = found.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
    return inOrder(all);
  }

  async ends(topic: string): Promise<readonly PartitionOffset[]> {
    const found = await this.#ask((admin, sockets) => sockets.seeingAll(() => admin.fetchTopicOffsets(topic)));
    return inOrder(found.map(({ partition, high }) => ({ partition, offset: BigInt(high) })));
  }

  async offsetsAt(topic: string, timestamp: number): Promise<readonly PartitionOffset[]> {
    const found = await this.#ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, timestamp));
    return inOrder(found.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) })));
  }

  async committed(topic: string, groupId: string): Promise<readonly PartitionOffset[]> {
    const found = await this.#ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const all = found.flatMap(({ partitions }) => partitions);
    // Not that nothing was committed: the client did not know the topic's partitions, and asked for none.
    if (all.length === 0) throw new KafkaCallError('refused', `the partitions of ${topic} are not known yet`);
    const own = all.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) }));
    return inOrder(own.filter(({ offset }) => offset >= 0n));
  }

  async group(groupId: string): Promise<{ readonly members: readonly AssignedMember[] }> {
    const { groups } = await this.#ask((admin) => admin.describeGroups([groupId]));
    return { members: groups[0]?.members.map(assignedMember) ?? [] };
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#ask((admin) => admin.deleteGroups([groupId]));
  }

  async deleteRecords(topic: string, offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const partitions = offsets.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
    await this.#ask(async (admin) => {
      // Deleting looks the leaders up in what is known already.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions });
    });
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    if (link) await disconnect(link);
  }

  /** One question at a time: kafkajs answers from metadata that another one may be replacing at that moment. */
  async #ask<T>(question: Question<T>): Promise<T> {
    const before = this.#last;
    let done: () => void = () => undefined;
    this.#last = new Promise((resolve) => (done = resolve));
    await before;
    try {
      return await this.#askNow(question);
    } finally {
      done();
    }
  }

  async #askNow<T>(question: Question<T>): Promise<T> {
    const link = (this.#link ??= openLink(this.#connection));
    link.users += 1;
    try {
      await link.connected;
      return await question(link.admin, link.sockets);
    } catch (error) {
      if (this.#link === link) this.#link = undefined;
      link.isBroken = true;
      throw error;
    } finally {
      link.users -= 1;
      if (link.isBroken && link.users === 0) void disconnect(link);
    }
  }
}

function openLink(connection: KafkaConnection): Link {
  const sockets = new KafkajsSockets();
  const admin = kafkajsClient(connection, sockets).admin();
  const connected = admin.connect();
  connected.catch(() => undefined);
  return { admin, sockets, connected, users: 0, isBroken: false };
}

async function disconnect({ admin, sockets }: Link): Promise<void> {
  // It waits for calls on their way, if any.
  await Promise.race([admin.disconnect().catch(() => undefined), new Promise((end) => setTimeout(end, 2_000).unref())]);
  sockets.destroy();
}

/** Each group of ours reads one topic. */
function assignedMember({ memberId, memberAssignment }: MemberDescription): AssignedMember {
  const assigned = memberAssignment.length === 0 ? null : MemberAssignment.decode(memberAssignment);
  return { name: memberId, partitions: Object.values(assigned?.assignment ?? {}).flat() };
}

async function partitionsOf(admin: Admin, topic: string) {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions;
  } catch (error) {
    if (kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}

/** Nothing where the right to see it is missing. */
async function configOf(admin: Admin, topic: string): Promise<ReadonlyMap<string, string>> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    return new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    if (kafkaFailure(error) === 'auth') return new Map();
    throw error;
  }
}

function inOrder<T extends { readonly partition: number }>(all: T[]): readonly T[] {
  return all.sort((one, other) => one.partition - other.partition);
}
