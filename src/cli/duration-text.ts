const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Writes a duration roughly, in the largest unit that it has one of: `3m`. */
export function durationText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => ms >= each) ?? (['ms', 1] as const);
  return `${Math.floor(ms / unitMs)}${unit}`;
}
