import { randomInt } from 'node:crypto';
import { onTestFailed } from 'vitest';

/** Whole numbers from a range, as random as needed and the same for the same seed. */
export type Chance = (from: number, to: number) => number;

/** Chance that can be repeated: `FAULTS_SEED=n` gives the same faults again. A failing test prints its seed. */
export function seededChance(): Chance {
  const seed = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
  onTestFailed(() => console.log(`the faults of this run come again with FAULTS_SEED=${seed}`));
  // Mulberry32.
  let state = seed;
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) % (to - from));
  };
}
