/** Orders two ids of entries: by the server's time, then by the number inside a millisecond; neither has leading zeros. */
export function compareIds(a: string, b: string): number {
  const [left, right] = [a.split('-'), b.split('-')];
  for (const i of [0, 1]) {
    const [one = '', other = ''] = [left[i], right[i]];
    if (one !== other) return one.length === other.length ? (one < other ? -1 : 1) : one.length - other.length;
  }
  return 0;
}

/** The later one of two ids; any is later than none. */
export function laterId(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareIds(a, b) < 0 ? b : a;
}

/** The earlier one of two ids. */
export function earlierId(a: string, b: string): string {
  return compareIds(a, b) < 0 ? a : b;
}

/** The id right before the first one of a millisecond. */
export function idBeforeMs(ms: number): string {
  return ms <= 0 ? FIRST_ID : `${Math.min(Math.ceil(ms), LATEST_MS) - 1}-${HIGHEST}`;
}

/** The lowest id, which no entry has. */
export const FIRST_ID = '0-0';

const HIGHEST = 2n ** 64n - 1n;
/** The last one that a `Date` can name. */
const LATEST_MS = 8.64e15;
