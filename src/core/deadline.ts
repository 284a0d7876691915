const LONGEST_RESERVE_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The two moments of a deadline. */
export interface Deadline {
  /** Resolves a little before the end, so that something can be given back in time. */
  readonly nearly: Promise<void>;
  /** Resolves at the end. */
  readonly over: Promise<void>;
  readonly cancel: () => void;
}

/** Starts a deadline; one fifth of it, but at most a second, is kept for what must happen before its end. */
export function deadline(ms: number): Deadline {
  const whole = Math.min(Math.max(ms, 0), LONGEST_TIMER_MS);
  const timers: NodeJS.Timeout[] = [];
  const after = (delay: number) =>
    new Promise<void>((resolve) => {
      timers.push(setTimeout(resolve, delay));
    });
  return {
    nearly: after(whole - Math.min(whole / 5, LONGEST_RESERVE_MS)),
    over: after(whole),
    cancel: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
