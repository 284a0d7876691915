import { BackboneError, type PayloadStore } from '../core/index.js';

/** One thing that must be as it was when a store was used first. */
export interface StoredCheck {
  readonly name: string;
  readonly value: Uint8Array;
  readonly fits: (stored: Uint8Array) => boolean | Promise<boolean>;
  /** What is wrong when it does not fit, and what to do. */
  readonly otherwise: string;
}

const CHECKS = 'checks';

/**
 * Makes sure that a store is used with the secrets that it was used with first: those of the first use leave a value each.
 *
 * @throws BackboneError `EB_OPTIONS`; and what the store rejects with when it is away.
 */
export async function verifyStore(store: PayloadStore, checks: readonly StoredCheck[]): Promise<void> {
  const keys = checks.map(({ name }) => ({ eventId: CHECKS, field: name }));
  const entries = checks.map(({ value }, i) => ({ eventId: CHECKS, field: keys[i]?.field ?? '', value }));
  await store.put(entries, { ifAbsent: true });
  const stored = await store.get(keys);
  for (const [i, { fits, otherwise }] of checks.entries()) {
    const value = stored[i];
    if (value && (await fits(value))) continue;
    throw new BackboneError('EB_OPTIONS', otherwise, { details: { path: 'privacy' } });
  }
}

/** Runs something until it has succeeded once; calls that come meanwhile join. */
export function onceDone(run: () => Promise<void>): () => Promise<void> {
  let under: Promise<void> | undefined;
  return () =>
    (under ??= run().catch((error: unknown) => {
      under = undefined;
      throw error;
    }));
}
