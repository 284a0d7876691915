/** What a round is to do. */
export interface Round {
  readonly kind:
    | 'append'
    | 'append-large'
    | 'append-validated'
    | 'consume'
    | 'consume-validated'
    | 'latency'
    | 'idle'
    | 'backlog'
    | `keys-${number}`
    | `partitions-${number}`;
  /** How many events, or for how many milliseconds. */
  readonly amount: number;
}

/** What a round gave. */
export interface RoundResult {
  /** Microseconds of this process's CPU for each event; for `idle`, percent of one core. */
  readonly cpu: number;
  /** Events that were handled in a second. */
  readonly perSecond?: number;
  /** Microseconds from append to handler, one for each event. */
  readonly latencies?: readonly number[];
}

/** One side of a comparison: it runs in a process of its own and does the same work as the other. */
export interface Side {
  /** Makes the backlog that `consume` rounds read. */
  prepare(kind: Round['kind'], events: number): Promise<void>;
  run(round: Round): Promise<RoundResult>;
  close(): Promise<void>;
}

/** How many appends are on their way at any time. */
export const IN_FLIGHT = 64;

/** How many events a second the latency rounds append. */
export const RATE = 500;

/** Measures the CPU that some work costs this process, for each of its events. */
export async function cpuPerEvent(events: number, work: () => Promise<void>): Promise<RoundResult> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / events };
}

/** Measures how many events some work handles in a second, and what they cost. */
export async function perSecond(events: number, work: () => Promise<void>): Promise<RoundResult> {
  const began = performance.now();
  const result = await cpuPerEvent(events, work);
  return { ...result, perSecond: (events * 1000) / (performance.now() - began) };
}

/** How long a handler of the `keys` rounds takes. */
export const HANDLER_MS = 5;

/** How many handlers of the `keys` rounds may run at a time. */
export const CONCURRENCY = 64;

/** Calls `append` at a steady rate and waits until `seen` has counted them all. */
export async function atRate(ms: number, append: (n: number) => void): Promise<number> {
  const total = Math.floor((ms / 1000) * RATE);
  const started = performance.now();
  await new Promise<void>((resolve) => {
    let next = 0;
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * RATE));
      while (next < due) append(next++);
      if (next === total) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  return total;
}

/** A promise that somebody else resolves. */
export function signal(): { readonly fired: Promise<void>; fire(): void } {
  let fire: () => void = () => undefined;
  const fired = new Promise<void>((resolve) => (fire = resolve));
  return { fired, fire };
}
