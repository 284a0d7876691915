/**
 * By how many bytes the memory of a process grows in a minute, by least squares; the first third of its life does not
 * count.
 *
 * @param {readonly { at: number, rss: number }[]} samples `at` in milliseconds
 */
export function slopePerMinute(samples) {
  const late = samples.slice(Math.floor(samples.length / 3));
  if (late.length < 2) return 0;
  const mean = (/** @type {(one: { at: number, rss: number }) => number} */ of) =>
    late.reduce((sum, one) => sum + of(one), 0) / late.length;
  const [middle, level] = [mean(({ at }) => at), mean(({ rss }) => rss)];
  const spread = mean(({ at }) => (at - middle) ** 2);
  return spread === 0 ? 0 : (mean(({ at, rss }) => (at - middle) * (rss - level)) / spread) * 60_000;
}
