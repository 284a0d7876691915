import { expect, it } from 'vitest';
import { Pace } from './pace.js';

it('whoever works rests as long as the work took', async () => {
  const pace = new Pace();
  const began = performance.now();
  while (performance.now() - began < 20);
  const worked = performance.now() - began;
  const stopped = performance.now();
  await pace.rest();
  // A timer may be a little early.
  expect(performance.now() - stopped).toBeGreaterThanOrEqual(Math.min(worked, 50) - 2);
});

it('the time of a rest counts as no work', async () => {
  const times = [0, 20, 40, 40.5];
  const pace = new Pace(() => times.shift() ?? NaN);
  await pace.rest();
  let isLater = false;
  setTimeout(() => (isLater = true), 0);
  await pace.rest();
  expect(isLater).toBe(false);
});

it('a server that stood still is not waited for as long again', async () => {
  const times = [0, 3_600_000, 3_600_050];
  await new Pace(() => times.shift() ?? NaN).rest();
  expect(times).toEqual([]);
});
