import { setImmediate } from 'node:timers/promises';

/** Waits no time between the tries of a handler, but lets everything else have its turn. */
export async function instantly(_ms: number, signal: AbortSignal): Promise<void> {
  await setImmediate(undefined, { signal });
}
