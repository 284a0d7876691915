import { Worker } from './worker-process.mjs';

/**
 * A backlog is consumed by a new process; what counts is the most memory that process ever held.
 *
 * @param {string} url
 * @param {number} events
 */
export async function measureBacklog(url, events) {
  const producer = new Worker('backbone', url);
  try {
    await producer.prepare('append', 0);
    for (let made = 0; made < events; made += 50_048) {
      await producer.run({ kind: 'append', amount: Math.min(50_048, events - made) });
    }
  } finally {
    await producer.close();
  }
  const consumer = new Worker('backbone', url);
  try {
    const started = performance.now();
    await consumer.run({ kind: 'backlog', amount: events });
    const seconds = (performance.now() - started) / 1000;
    const megabytes = consumer.peakRss / 1024 / 1024;
    const rate = `${Math.round(events / seconds).toLocaleString('en')} events/s`;
    return `| a backlog of ${events.toLocaleString('en')} events | | ${megabytes.toFixed(0)} MB RSS at most, ${rate} | | <= 200 MB |`;
  } finally {
    await consumer.close();
  }
}
