/**
 * Says how many slots a member should hold, so that the members of a group share them as evenly as can be: the
 * first ones in order of their names get one more where they do not come out even.
 */
export function quotaOf(slots: number, members: readonly string[], member: string): number {
  const index = members.indexOf(member);
  if (index < 0) return 0;
  return Math.floor(slots / members.length) + (index < slots % members.length ? 1 : 0);
}

/** All slots in the order in which a member should try to get them, so that members do not try the same ones first. */
export function turnsOf(slots: number, members: readonly string[], member: string): readonly number[] {
  const first = Math.floor((Math.max(members.indexOf(member), 0) * slots) / Math.max(members.length, 1));
  return Array.from({ length: slots }, (_, i) => (first + i) % slots);
}
