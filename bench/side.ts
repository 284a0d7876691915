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
    | 'kafka-produce'
    | 'kafka-consume'
    | 'kafka-slow'
    | 'postgres-append'
    | 'postgres-append-together'
    | 'postgres-catch-up'
    | 'postgres-upserts'
    | 'postgres-latency'
    | 'postgres-rebuild'
    | `privacy-${string}`
    | 'tracing-append'
    | 'tracing-consume'
    | `history-${string}`
    | `dashboard-${string}`
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

/** How long a handler of the `kafka-slow` rounds takes. */
export const SLOW_MS = 1;

/** How many keys the events of the `kafka-slow` rounds have. */
export const SLOW_KEYS = 100;

/**
 * Measures from the moment a fifth of the events was handled until all were: what came before was starting, joining and
 * the first reads.
 */
export function steadyState(events: number): {
  readonly count: () => void;
  readonly result: Promise<RoundResult>;
} {
  const from = Math.floor(events / 5);
  let seen = 0;
  let began = 0;
  let before = process.cpuUsage();
  let finish: (result: RoundResult) => void = () => undefined;
  const result = new Promise<RoundResult>((resolve) => (finish = resolve));
  // Read at once: a batch may be handled without a turn of the event loop between its events.
  const count = () => {
    seen += 1;
    if (seen === from) {
      began = performance.now();
      before = process.cpuUsage();
    }
    if (seen !== events) return;
    const { user, system } = process.cpuUsage(before);
    const measured = events - from;
    finish({ cpu: (user + system) / measured, perSecond: (measured * 1000) / (performance.now() - began) });
  };
  return { count, result };
}

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
