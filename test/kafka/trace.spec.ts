import { describe, expect, it } from 'vitest';
import { expectOneTrace, followOneOrder } from '../otel/one-order.js';
import { hasServers, openChannel } from './open-channel.js';

describe.skipIf(!hasServers)('an order that goes through three applications on Kafka', () => {
  it('is one trace where producers are the parents of handlers', async () => {
    const spans = await followOneOrder(() => openChannel(), 'parent', 100_000);
    expect(() => expectOneTrace(spans)).not.toThrow();
  }, 120_000);
});
