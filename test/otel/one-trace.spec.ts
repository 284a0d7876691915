import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openChannel } from '../redis/open-channel.js';
import { expectLinkedTraces, expectOneTrace, followOneOrder } from './one-order.js';

const TIMEOUT_MS = 20_000;

// Without a server the global set-up says why there is none.
describe.skipIf(inject('redisUrl') === '')('an order that goes through three applications on Redis', () => {
  it('is one trace where producers are the parents of handlers', async () => {
    const spans = await followOneOrder(() => openChannel(), 'parent', TIMEOUT_MS);
    expect(() => expectOneTrace(spans)).not.toThrow();
  });

  it('is a chain of linked traces where they are not', async () => {
    const spans = await followOneOrder(() => openChannel(), 'link', TIMEOUT_MS);
    expect(() => expectLinkedTraces(spans)).not.toThrow();
    expect(() => expectOneTrace(spans)).toThrow();
  });
});

describe('an order that goes through three applications in memory', () => {
  it('is one trace where producers are the parents of handlers', async () => {
    const channel = memoryChannel();
    onTestFinished(() => channel.close());
    const spans = await followOneOrder(() => channel.open(), 'parent', TIMEOUT_MS);
    expect(() => expectOneTrace(spans)).not.toThrow();
  });
});
