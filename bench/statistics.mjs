/** @param {readonly number[]} values */
export function median(values) {
  return percentile(values, 0.5);
}

/**
 * @param {readonly number[]} values
 * @param {number} share
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * One row of the report: both medians, the median of the paired ratios and its spread.
 *
 * @param {string} title
 * @param {readonly (readonly number[])[]} pairs hand-written and ours, one pair for each round
 * @param {number | { least: number } | undefined} bar the most, or the least, that the ratio may be
 * @param {string} unit
 */
export function ratioLine(title, pairs, bar, unit) {
  const ratios = pairs.map(([hand = NaN, ours = NaN]) => ours / hand);
  const side = (/** @type {0 | 1} */ i) => `${median(pairs.map((pair) => pair[i] ?? NaN)).toFixed(1)} ${unit}`;
  const spread = `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`;
  const allowed = bar === undefined ? '' : typeof bar === 'number' ? `<= ${bar}` : `>= ${bar.least}`;
  return `| ${title} | ${side(0)} | ${side(1)} | **${median(ratios).toFixed(2)}** (${spread}) | ${allowed} |`;
}
