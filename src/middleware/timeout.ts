import { BackboneError, type ConsumeContext, type Middleware } from '../core/index.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Fails a try of a handler that has not finished after so many milliseconds: its signal fires, and what it still does is
 * ignored. Stands inside `retry`, so that each try has its own time; what a handler with manual ack, or one of a batch,
 * waits for counts, too. Events on their way out pass. A handler that does not listen to its signal goes on in the
 * background, and may overlap with its next try.
 *
 * @throws BackboneError `EB_OPTIONS` for a time that is no positive number or longer than a timer can wait.
 */
export function timeout(ms: number): Middleware {
  if (!Number.isFinite(ms) || ms <= 0 || ms > LONGEST_TIMER_MS) {
    const message = `timeout needs a number of milliseconds above 0, at most ${LONGEST_TIMER_MS}, got ${String(ms)}`;
    throw new BackboneError('EB_OPTIONS', message, { details: { path: 'timeout' } });
  }
  const limit: Middleware = (context, next) => (context.stage === 'produce' ? next() : limited(context, next, ms));
  return Object.assign(limit, { quiet: true });
}

async function limited(context: ConsumeContext, next: () => Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        const message = `the handler of ${context.type} did not finish within ${ms} ms; make it faster, or give it more time`;
        const error = new BackboneError('EB_TIMEOUT', message, { details: { ms } });
        context.abortAttempt(error);
        // At once: whatever the handler makes of its signal comes later.
        reject(error);
      }, ms);
      next().then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}
