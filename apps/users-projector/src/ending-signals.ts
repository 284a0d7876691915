const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Fires when this process is asked to end; asked for a second time, it ends at once. */
export function endingSignal(): AbortSignal {
  const ending = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => ending.abort());
  return ending.signal;
}
