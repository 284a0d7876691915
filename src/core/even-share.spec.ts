import { describe, expect, it } from 'vitest';
import { quotaOf, turnsOf } from './even-share.js';

describe('the share of a member', () => {
  it('is as even as can be, and all shares together are all partitions', () => {
    for (const partitions of [1, 2, 7, 16, 1_024]) {
      for (const count of [1, 2, 3, 4, 5, 16, 40]) {
        const members = Array.from({ length: count }, (_, i) => `consumer-${i}`).sort();
        const quotas = members.map((member) => quotaOf(partitions, members, member));
        expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(partitions);
        expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is nothing for somebody who is no member', () => {
    expect(quotaOf(16, ['a', 'b'], 'c')).toBe(0);
    expect(quotaOf(16, [], 'c')).toBe(0);
  });

  it('is looked for at another place by each member, and in the end everywhere', () => {
    const members = ['a', 'b', 'c', 'd'];
    expect(members.map((member) => turnsOf(16, members, member)[0])).toEqual([0, 4, 8, 12]);
    for (const member of members) expect(new Set(turnsOf(16, members, member)).size).toBe(16);
  });
});
