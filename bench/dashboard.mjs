import { Worker } from './worker-process.mjs';

const STREAMS = 1_000;

/**
 * A dashboard of a thousand streams on Redis that nobody watches, one person, and twenty.
 *
 * @param {string} url
 * @param {boolean} quick
 * @returns {Promise<string[]>}
 */
export async function measureDashboard(url, quick) {
  const worker = new Worker('dashboard', url);
  try {
    await worker.prepare('dashboard', STREAMS);
    const lines = [];
    for (const viewers of [0, 1, 20]) {
      const round = { kind: `dashboard-${viewers}`, amount: quick ? 5_000 : 30_000 };
      const { cpu, perSecond = NaN } = await worker.run(round);
      const what = `a dashboard of ${STREAMS} streams, ${viewers} viewer${viewers === 1 ? '' : 's'}`;
      lines.push(`| ${what} | | ${perSecond.toFixed(0)} commands/s, ${cpu.toFixed(1)} % of a core | | |`);
      console.log(lines.at(-1));
    }
    return lines;
  } finally {
    await worker.close();
  }
}
