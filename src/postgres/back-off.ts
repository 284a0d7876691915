const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/** How long to wait before the given attempt, counted from 1: doubles each time up to two seconds, with jitter. */
export function backOffMs(attempt: number): number {
  return Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS) * (0.5 + Math.random() / 2);
}
