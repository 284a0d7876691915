const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/** Waits before the next attempt, counted from 1: doubles each time up to ten seconds, with jitter; a signal ends it early. */
export function pauseMs(attempt: number, signal: AbortSignal, longestMs = LONGEST_MS): Promise<void> {
  const ms = Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 20), longestMs) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const ended = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', ended);
      resolve();
    };
    const timer = setTimeout(ended, ms);
    signal.addEventListener('abort', ended);
  });
}
