/** What a member of a group holds, by its own account. */
export interface MemberClaim {
  readonly memberId: string;
  /** The round of the group in which it was given this; of two claims to a partition the later one counts. */
  readonly generation: number;
  /** The partitions it holds, and whether something of each is in hand. */
  readonly held: ReadonlyMap<number, boolean>;
}

/**
 * Shares partitions out so that as few as can be change hands: each member gets its fair share, first of what it holds, and
 * of that first what it has in hand. The same claims give the same shares, in whatever order they come.
 */
export function partitionShares(
  partitions: readonly number[],
  claims: readonly MemberClaim[],
): ReadonlyMap<string, readonly number[]> {
  const all = [...new Set(partitions)].sort(ascending);
  const fair = Math.floor(all.length / claims.length);
  const holdings = [...claims].sort(byMemberId).map((claim) => holdingOf(claim, claims, all));
  // One more goes where one more is held already.
  const byNeed = [...holdings].sort(
    (one, other) =>
      Number(other.owned.length > fair) - Number(one.owned.length > fair) ||
      other.inHand - one.inHand ||
      byMemberId(one, other),
  );
  const oneMore = new Set(byNeed.slice(0, all.length % claims.length));
  const shares = holdings.map((holding) => {
    const size = fair + (oneMore.has(holding) ? 1 : 0);
    return { memberId: holding.memberId, size, kept: holding.owned.slice(0, size) };
  });
  const kept = new Set(shares.flatMap((share) => share.kept));
  const free = all.filter((partition) => !kept.has(partition));
  return new Map(
    shares.map((share) => {
      const added = free.splice(0, share.size - share.kept.length);
      return [share.memberId, [...share.kept, ...added].sort(ascending)];
    }),
  );
}

interface Holding {
  readonly memberId: string;
  /** What is in hand comes first. */
  readonly owned: readonly number[];
  readonly inHand: number;
}

function holdingOf(claim: MemberClaim, claims: readonly MemberClaim[], all: readonly number[]): Holding {
  const { memberId, held } = claim;
  const isHis = (partition: number) => claims.every((other) => !other.held.has(partition) || !isLater(other, claim));
  const owned = all.filter((partition) => held.has(partition) && isHis(partition));
  const inHand = owned.filter((partition) => held.get(partition) === true);
  const others = owned.filter((partition) => held.get(partition) !== true);
  return { memberId, owned: [...inHand, ...others], inHand: inHand.length };
}

function isLater(one: MemberClaim, other: MemberClaim): boolean {
  return one.generation > other.generation || (one.generation === other.generation && byMemberId(one, other) < 0);
}

function byMemberId(one: { readonly memberId: string }, other: { readonly memberId: string }): number {
  return one.memberId < other.memberId ? -1 : Number(one.memberId > other.memberId);
}

function ascending(one: number, other: number): number {
  return one - other;
}
