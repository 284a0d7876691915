import { parseArgs } from 'node:util';
import { buildWhatIsMissing } from '../demo/build-what-is-missing.mjs';

/**
 * `npm run test:soak -- --minutes n`: producers and consumers in processes of their own on a real Redis, while
 * connections break, consumers are killed and the server is. In the end everything heals and drains, and the history of
 * all of them is checked. Exit code 1 when anything is not as promised.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    producers: { type: 'string', default: '2' },
    consumers: { type: 'string', default: '4' },
    'per-second': { type: 'string', default: '150' },
    partitions: { type: 'string' },
  },
});

await buildWhatIsMissing((line) => console.log(line));
// Only now is there something to import.
const { Soak } = await import('./soak.mjs');
const soak = await Soak.begin({
  producers: Number(values.producers),
  consumers: Number(values.consumers),
  perSecond: Number(values['per-second']),
  partitions: values.partitions === undefined ? undefined : Number(values.partitions),
});
try {
  await soak.run(Number(values.minutes) * 60_000);
  const failures = await soak.close();
  for (const failure of failures) console.log(`NOT AS PROMISED: ${failure}`);
  if (failures.length === 0) console.log('as promised');
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  await soak.end();
}
