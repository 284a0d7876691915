import kafkajs, { type GroupMember, type PartitionAssigner } from 'kafkajs';
import { decodeHeldPartitions, encodeHeldPartitions } from './held-partitions.js';
import { partitionShares, type MemberClaim } from './partition-shares.js';

const NAME = 'EventBackboneSticky';
// What brokers read of it for themselves has a form for each version; this is the one of the client.
const VERSION = 0;

/** Leaves partitions where they are as far as a fair share allows, the ones with something in hand before the others. */
export class StickyAssigner {
  readonly #inHand: () => readonly number[];
  #partitions: readonly number[] = [];
  #generation = 0;
  #told: Buffer = Buffer.alloc(0);

  /** `inHand` says of which partitions something is in hand now. */
  constructor(inHand: () => readonly number[]) {
    this.#inHand = inHand;
  }

  /** For the option `partitionAssigners` of a consumer. */
  readonly assigner: PartitionAssigner = ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => {
      this.#told = this.#tell();
      const metadata = kafkajs.AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: this.#told,
      });
      return { name: NAME, metadata };
    },
    assign: ({ members, topics }) => {
      const claims = members.map(claimOf);
      const shares = topics.map((topic) => {
        const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
        return { topic, of: partitionShares(partitions, claims) };
      });
      const assignments = claims.map(({ memberId }) => {
        const assignment = Object.fromEntries(shares.map(({ topic, of }) => [topic, [...(of.get(memberId) ?? [])]]));
        const userData = Buffer.alloc(0);
        const memberAssignment = kafkajs.AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData,
        });
        return { memberId, memberAssignment };
      });
      return Promise.resolve(assignments);
    },
  });

  /** The partitions that this member was given. */
  joined(partitions: readonly number[]): void {
    this.#partitions = partitions;
    // The true one comes with the first sign of life.
    this.#generation += 1;
  }

  /** The round of the group that this member is in. */
  inGeneration(generation: number): void {
    this.#generation = generation;
  }

  /** Brings a request to join up to date that waited until less was in hand. */
  retell(request: Buffer): void {
    const now = this.#tell();
    const at = this.#told.length === now.length ? request.indexOf(this.#told) : -1;
    if (at >= 0) now.copy(request, at);
  }

  #tell(): Buffer {
    const inHand = new Set(this.#inHand());
    const held = new Map(this.#partitions.map((partition) => [partition, inHand.has(partition)]));
    return encodeHeldPartitions({ generation: this.#generation, held });
  }
}

function claimOf({ memberId, memberMetadata }: GroupMember): MemberClaim {
  return { memberId, ...decodeHeldPartitions(userDataOf(memberMetadata)) };
}

function userDataOf(metadata: Buffer): Buffer | null {
  try {
    return kafkajs.AssignerProtocol.MemberMetadata.decode(metadata)?.userData ?? null;
  } catch {
    return null;
  }
}
