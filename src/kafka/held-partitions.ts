const MARK = Buffer.from('EBH1');
const HEAD_BYTES = MARK.length + 4;
const ENTRY_BYTES = 5;

/** What a member tells the leader of its group about itself. */
export interface HeldPartitions {
  readonly generation: number;
  /** The partitions, and whether something of each is in hand. */
  readonly held: ReadonlyMap<number, boolean>;
}

/** Writes it down; as long for the same partitions whatever is in hand, so that it can be written over. */
export function encodeHeldPartitions({ generation, held }: HeldPartitions): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + held.size * ENTRY_BYTES);
  MARK.copy(bytes);
  bytes.writeInt32BE(generation, MARK.length);
  [...held].forEach(([partition, isInHand], index) => {
    bytes.writeInt32BE(partition, HEAD_BYTES + index * ENTRY_BYTES);
    bytes.writeInt8(Number(isInHand), HEAD_BYTES + index * ENTRY_BYTES + 4);
  });
  return bytes;
}

/** Reads it; what is not ours means that nothing is held. */
export function decodeHeldPartitions(bytes: Buffer | null): HeldPartitions {
  const isOurs =
    bytes !== null &&
    bytes.length >= HEAD_BYTES &&
    (bytes.length - HEAD_BYTES) % ENTRY_BYTES === 0 &&
    bytes.subarray(0, MARK.length).equals(MARK);
  const held = new Map<number, boolean>();
  if (!isOurs) return { generation: -1, held };
  for (let at = HEAD_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    held.set(bytes.readInt32BE(at), bytes.readInt8(at + 4) === 1);
  }
  return { generation: bytes.readInt32BE(MARK.length), held };
}
