/**
 * Says how many parts of something a member should hold, so that the members of a group share them as evenly as can be: the
 * first ones in order of their names get one more where they do not come out even.
 */
export function quotaOf(parts: number, members: readonly string[], member: string): number {
  const index = members.indexOf(member);
  if (index < 0) return 0;
  return Math.floor(parts / members.length) + (index < parts % members.length ? 1 : 0);
}

/** All parts in the order in which a member should try to get them, so that members do not try the same ones first. */
export function turnsOf(parts: number, members: readonly string[], member: string): readonly number[] {
  const first = Math.floor((Math.max(members.indexOf(member), 0) * parts) / Math.max(members.length, 1));
  return Array.from({ length: parts }, (_, i) => (first + i) % parts);
}
