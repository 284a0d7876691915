import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionShares, type MemberClaim } from './partition-shares.js';

type Shares = ReadonlyMap<string, readonly number[]>;

const memberIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
const count = fc.integer({ min: 0, max: 40 });
/** Claims as they come from members that were away, know less than others, or make things up. */
const wildClaims = memberIds.chain((ids) =>
  fc.tuple(
    ...ids.map((memberId) =>
      fc.record({
        memberId: fc.constant(memberId),
        generation: fc.integer({ min: -1, max: 5 }),
        held: fc
          .array(fc.tuple(fc.integer({ min: -2, max: 45 }), fc.boolean()), { maxLength: 30 })
          .map((entries) => new Map(entries)),
      }),
    ),
  ),
);

describe('the shares of the members of a group', () => {
  it('have every partition exactly once and differ by one at most, whatever the members claim', () => {
    fc.assert(
      fc.property(count, wildClaims, (partitions, claims) => {
        const shares = partitionShares(range(partitions), claims);
        const sizes = [...shares.values()].map(({ length }) => length);
        expect([...shares.values()].flat().sort((one, other) => one - other)).toEqual(range(partitions));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(new Set(shares.keys())).toEqual(new Set(claims.map(({ memberId }) => memberId)));
      }),
    );
  });

  it('are the same in whatever order the members and partitions come', () => {
    const shuffled = wildClaims.chain((claims) =>
      fc.tuple(fc.constant(claims), fc.shuffledSubarray(claims, { minLength: claims.length })),
    );
    fc.assert(
      fc.property(count, shuffled, (partitions, [claims, others]) => {
        const again = partitionShares(range(partitions).reverse(), others);
        expect(again).toEqual(partitionShares(range(partitions), claims));
      }),
    );
  });

  it('stay as they are while nobody joins or leaves', () => {
    fc.assert(
      fc.property(count, wildClaims, (partitions, claims) => {
        const before = partitionShares(range(partitions), claims);
        expect(partitionShares(range(partitions), claimsOf(before))).toEqual(before);
      }),
    );
  });

  it('change only by what a newcomer gets', () => {
    fc.assert(
      fc.property(count, wildClaims, fc.string({ minLength: 5 }), (partitions, claims, newcomer) => {
        const before = partitionShares(range(partitions), claims);
        const joined = [...claimsOf(before), { memberId: newcomer, generation: -1, held: new Map<number, boolean>() }];
        const after = partitionShares(range(partitions), joined);
        expect(movedBetween(before, after)).toBe(after.get(newcomer)?.length);
      }),
    );
  });

  it('change only by what somebody who leaves had', () => {
    fc.assert(
      fc.property(count, wildClaims, (partitions, claims) => {
        fc.pre(claims.length > 1);
        const before = partitionShares(range(partitions), claims);
        const [[leaver = '', left = []] = []] = before;
        const after = partitionShares(
          range(partitions),
          claimsOf(before).filter(({ memberId }) => memberId !== leaver),
        );
        expect(movedBetween(before, after)).toBe(left.length);
      }),
    );
  });

  it('leave a member what it has in hand, as far as its share reaches', () => {
    fc.assert(
      fc.property(fc.subarray(range(8), { minLength: 1 }), (inHand) => {
        const held = new Map(range(8).map((partition) => [partition, inHand.includes(partition)]));
        const newcomer = { memberId: 'new', generation: -1, held: new Map<number, boolean>() };
        const shares = partitionShares(range(8), [{ memberId: 'old', generation: 1, held }, newcomer]);
        const kept = shares.get('old')?.filter((partition) => inHand.includes(partition));
        expect(kept).toHaveLength(Math.min(4, inHand.length));
      }),
    );
  });

  it('go by the later of two claims: who was away does not take back what others were given', () => {
    const claim = (memberId: string, generation: number) => ({ memberId, generation, held: new Map([[1, true]]) });
    expect(partitionShares([0, 1], [claim('a', 4), claim('b', 5)])).toEqual(new Map([['a', [0]], ['b', [1]]])); // prettier-ignore
    expect(partitionShares([0, 1], [claim('a', 5), claim('b', 4)])).toEqual(new Map([['a', [1]], ['b', [0]]])); // prettier-ignore
  });
});

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function claimsOf(shares: Shares): readonly MemberClaim[] {
  return [...shares].map(([memberId, held]) => ({
    memberId,
    generation: 9,
    held: new Map(held.map((partition) => [partition, false])),
  }));
}

function movedBetween(before: Shares, after: Shares): number {
  const ownerIn = (shares: Shares) => new Map([...shares].flatMap(([owner, all]) => all.map((each) => [each, owner])));
  const [owners, newOwners] = [ownerIn(before), ownerIn(after)];
  return [...newOwners].filter(([partition, owner]) => owners.get(partition) !== owner).length;
}
