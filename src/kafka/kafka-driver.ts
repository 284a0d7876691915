/** A record to be appended to a partition. */
export interface KafkaRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Milliseconds since 1970; the broker's or the client's clock when absent. */
  readonly timestamp?: number;
}

/** A record as it stands in a partition. */
export interface StoredRecord extends Omit<KafkaRecord, 'headers' | 'timestamp'> {
  readonly offset: bigint;
  readonly timestamp: number;
  /** The last one counts where a header is repeated. */
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** How far a partition reaches. */
export interface Watermarks {
  readonly partition: number;
  /** The offset of the oldest record that is left. */
  readonly low: bigint;
  /** The offset behind the newest record that readers may see. */
  readonly high: bigint;
}

/** An offset of a partition: of the next record that a group has not finished. */
export interface PartitionOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/** A member of a group, and what it was given to read; nothing while the group is being shared out. */
export interface AssignedMember {
  readonly name: string;
  readonly partitions: readonly number[];
}

/** What a topic must be like when it is made. */
export interface TopicWanted {
  readonly topic: string;
  readonly partitions: number;
  /** The broker's default when absent. */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** What a topic is like. */
export interface TopicFound {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: ReadonlyMap<string, string>;
}

/** What a member of a group is told, and asked. Nothing here may throw; what rejects is a bug and is reported. */
export interface MemberListener {
  /**
   * Partitions are this member's from now on, the ones it keeps included. Resolves to where to begin in each; the member reads
   * nothing before. Offsets may be committed in it. A rejection ends this life of the member: it is reported and joins again.
   */
  assigned(partitions: readonly number[]): Promise<readonly PartitionOffset[]>;
  /**
   * Records in order, with the partition's high watermark; resolves when more may come. Heartbeats go on meanwhile. Records are
   * handed over by the call; it is not waited for any longer once the group is shared out anew or the member leaves.
   */
  records(partition: number, records: readonly StoredRecord[], high: bigint): Promise<void>;
  /**
   * The group is being shared out anew: everything is about to be taken away, or kept, which nobody knows yet. Resolves when
   * what runs is finished and committed, or when the time for that is over; the group waits for it.
   */
  revoking(): Promise<void>;
  /**
   * The member owns nothing any more: what it has in hand it may not commit. Called before each `assigned`, at once when the
   * group has expelled it, and at the end; at times more than once.
   */
  revoked(): void;
  /**
   * Whether something is in hand, or finished and not committed yet; a member with nothing of that is not asked (`revoking`)
   * before it gives its partitions up.
   */
  readonly busy: boolean;
  /** The partitions of which something is in hand; a member that has to give some up keeps these as far as it can. */
  readonly handling: readonly number[];
  /**
   * The member failed and is joining again by itself after a pause; or, when `fatal`, it never will. When the records at its
   * offset are gone, nothing was committed in their place: the next `assigned` is the one to see it, and to decide.
   */
  failed(error: unknown, fatal: boolean): void;
}

/** One member of a consumer group that reads one topic. */
export interface GroupMember {
  /**
   * Stores how far the group has come.
   *
   * Commits are sent one after the other, in the order of the calls.
   *
   * @throws what the client throws, also when the member was expelled meanwhile, or is not in its group just now.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** Holds a partition back until {@link resume}, also when it is lost and comes back. */
  pause(partition: number): void;
  resume(partition: number): void;
  /** Reads a partition again from an offset. */
  seek(partition: number, offset: bigint): void;
  /** Leaves the group by the deadline, whatever hangs. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * What the channel needs of a Kafka client; everything else (what to commit, when to retry, what a record means) is the
 * channel's own. {@link kafkaFailure} tells what a rejection means, {@link kafkaReason} says it in words without the client's
 * text, which may quote a record.
 */
export interface KafkaDriver {
  /**
   * Appends records, all replicas in sync having them, each partition's in the order given; resolves to the offset of each record.
   * Rejects as a whole although some partitions may have theirs; by the deadline in any case. Calls that are made while one is
   * on its way travel together, and what surely did not leave is sent again until the deadline. A topic that is not there
   * rejects soon.
   */
  produce(topic: string, records: readonly KafkaRecord[], timeoutMs: number): Promise<readonly bigint[]>;
  /** Joins a group; returns at once and joins, again and again, until it is closed. */
  join(topic: string, groupId: string, listener: MemberListener): GroupMember;
  /**
   * Reads records of partitions without a group, each from an offset up to another one (exclusive), in batches as they come. Ends
   * at what is there when it begins; leaving the iteration frees what is held.
   */
  read(
    topic: string,
    ranges: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[],
  ): AsyncIterable<readonly StoredRecord[]>;
  /** What a topic is like; nothing when it is not there. */
  topic(topic: string): Promise<TopicFound | undefined>;
  /** Makes a topic; false when it was there. */
  createTopic(wanted: TopicWanted): Promise<boolean>;
  watermarks(topic: string): Promise<readonly Watermarks[]>;
  /** The offset behind the newest record of each partition, also where an open transaction hides it from readers. */
  ends(topic: string): Promise<readonly PartitionOffset[]>;
  /** For each partition the first offset at or after a time; the high watermark where there is none. */
  offsetsAt(topic: string, timestamp: number): Promise<readonly PartitionOffset[]>;
  /** How far a group has come; partitions without a commit are left out. */
  committed(topic: string, groupId: string): Promise<readonly PartitionOffset[]>;
  /** The members that a group has now; none where there is no such group. */
  group(groupId: string): Promise<{ readonly members: readonly AssignedMember[] }>;
  /** Removes the records below the offsets. */
  deleteRecords(topic: string, offsets: readonly PartitionOffset[]): Promise<void>;
  close(): Promise<void>;
}
