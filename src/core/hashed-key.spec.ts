import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import { ContractEvent, EventsContract, Key, Personal } from './contract-decorators.js';
import { hashedKey } from './hashed-key.js';
import { createProducer, type ProducerOptions } from './producer.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal() @Key({ hashed: true }) email: string) {
    return { email };
  }

  @ContractEvent()
  paid(@Key({ of: ({ id }: { readonly id: number }) => id, hashed: true }) order: { readonly id: number }) {
    return { order };
  }
}

const SECRET = 'a secret of 16 bytes or more';
const EMAIL = 'ada@example.org';

async function keyOf(produce: (orders: ReturnType<typeof producer>['orders']) => Promise<unknown>): Promise<string> {
  const { channel, orders } = producer({ keySecret: SECRET });
  await produce(orders);
  for await (const [event] of channel.read({ stream: { environment: 'test', contract: 'orders' } })) {
    return event?.message?.key ?? '';
  }
  throw new Error('nothing was stored');
}

function producer(options: Partial<ProducerOptions>) {
  const channel = memoryChannel();
  return { channel, orders: createProducer(Orders, { channel, environment: 'test', source: 'shop', ...options }) };
}

describe('a hashed key', () => {
  it('is the keyed hash of what the contract selects, and tells nothing about it', async () => {
    const expected = createHmac('sha256', SECRET).update(EMAIL).digest('base64url');
    expect(await keyOf((orders) => orders.placed(EMAIL))).toBe(expected);
    expect(hashedKey(EMAIL, SECRET)).toBe(expected);
    expect(await keyOf((orders) => orders.paid({ id: 7 }))).toBe(hashedKey(7n, SECRET));
  });

  it('is another one under another secret', () => {
    expect(hashedKey(EMAIL, SECRET)).not.toBe(hashedKey(EMAIL, `${SECRET}!`));
    expect(hashedKey(EMAIL, new TextEncoder().encode(SECRET))).toBe(hashedKey(EMAIL, SECRET));
  });

  it('gives way to a key of the call, as every key of the contract does', async () => {
    expect(await keyOf((orders) => orders.$with({ key: 'own' }).placed(EMAIL))).toBe('own');
  });

  it.each([
    ['no secret', undefined],
    ['an empty secret', ''],
    ['a short secret', 'fifteen bytes..'],
  ])('with %s is refused when the producer is made', (_, keySecret) => {
    expect(() => producer({ keySecret })).toThrow(
      expect.objectContaining({ code: 'EB_OPTIONS', details: { path: 'keySecret' } }),
    );
  });

  it('that is empty is refused as every empty key is', async () => {
    const { orders } = producer({ keySecret: SECRET });
    await expect(orders.placed('')).rejects.toMatchObject({ code: 'EB_ARGUMENT', details: { constraint: 'key' } });
  });
});
