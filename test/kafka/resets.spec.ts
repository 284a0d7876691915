import { describe, expect, inject, it } from 'vitest';
import { kafkaChannel } from 'nest-event-backbone/kafka';
import { resetIsTold, resetsUnderLoad } from '../faults/reset-promises.js';

const brokers = inject('kafkaBrokers').split(',');

// Without a server the global set-up says why there is none.
describe.skipIf(brokers[0] === '')('a reset while consumers run on Kafka', { timeout: 280_000 }, () => {
  const open = () => kafkaChannel({ brokers, payloads: 'record', sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000 });

  it('loses nothing under load', async () => {
    await expect(resetsUnderLoad(open, { resets: 2, events: 60 })).resolves.toBeUndefined();
  });

  it('is told to who reads no more', async () => {
    await expect(resetIsTold(open)).resolves.toBeUndefined();
  });
});
