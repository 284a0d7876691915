import { describe, expect, it, vi } from 'vitest';
import type { Channel, Message, ReadEvent } from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { ChainSearch, type SearchedStream } from './chain-search.js';

const MINUTE_MS = 60_000;

function message(id: string, more: Partial<Message> = {}): Message {
  return {
    ...{ id, type: 'happened.v1', source: 'test', time: 0, key: id, correlationId: 'first' },
    ...{ contentType: 'application/json', headers: {}, fields: { secret: '"Canary"' }, personal: [] },
    ...more,
  };
}

function searched(id: string, channel: Channel = memoryChannel()): SearchedStream {
  return { id, channel, stream: { environment: 'test', contract: id } };
}

async function append({ channel, stream }: SearchedStream, ...messages: readonly Message[]): Promise<ReadEvent> {
  await channel.publish(stream, messages);
  let last: ReadEvent | undefined;
  for await (const events of channel.read({ stream })) last = events.at(-1);
  if (!last) throw new Error('nothing was stored');
  return last;
}

/** A channel with other abilities, or other reads. */
function altered(channel: Channel, changes: Partial<Channel>): Channel {
  return {
    ...{ supports: channel.supports, admin: channel.admin },
    publish: (stream, messages) => channel.publish(stream, messages),
    subscribe: (options) => channel.subscribe(options),
    read: (options) => channel.read(options),
    close: () => channel.close(),
    ...changes,
  };
}

const found = async (streams: readonly SearchedStream[], event: ReadEvent) => {
  const { events, incomplete } = await new ChainSearch('first', streams).of(event);
  return { events: events.map(({ stream, id }) => `${stream}/${id}`), incomplete };
};

describe('the chain of an event', () => {
  it('is found in all streams, under any key and on any channel, the oldest first, without arguments', async () => {
    let now = MINUTE_MS;
    const memory = memoryChannel({ now: () => now });
    const [orders, payments, other] = [searched('orders', memory), searched('payments', memory), searched('other')];
    await append(orders, message('first'), message('strange', { correlationId: 'strange' }));
    now += 5;
    const paid = await append(payments, message('paid', { causationId: 'first' }));
    now += 5;
    await append(orders, message('shipped', { causationId: 'paid' }));
    const all = [payments, other, orders];
    expect(await found(all, paid)).toEqual({
      events: ['orders/first', 'payments/paid', 'orders/shipped'],
      incomplete: false,
    });
    expect(JSON.stringify(await new ChainSearch('first', all).of(paid))).not.toContain('Canary');
  });

  it('shows a cause before what it has caused in the same millisecond', async () => {
    const memory = memoryChannel({ now: () => MINUTE_MS });
    const [orders, payments] = [searched('orders', memory), searched('payments', memory)];
    const paid = await append(payments, message('paid', { causationId: 'first' }));
    await append(orders, message('first'));
    expect(await found([payments, orders], paid)).toMatchObject({ events: ['orders/first', 'payments/paid'] });
  });

  it(
    'goes on by its key, where the channel can, behind more events than are looked at',
    { timeout: 60_000 },
    async () => {
      let now = MINUTE_MS;
      const memory = memoryChannel({ now: () => now });
      const orders = searched('orders', memory);
      const first = await append(orders, message('first', { key: 'mine' }));
      now += 1;
      for (let i = 0; i < 21; i += 1) {
        const strangers = Array.from({ length: 1_000 }, (_, j) => message(`s-${i}-${j}`, { correlationId: 'strange' }));
        await memory.publish(orders.stream, strangers);
      }
      await append(orders, message('late', { key: 'mine' }), message('lost', { key: 'another' }));
      expect(await found([orders], first)).toEqual({ events: ['orders/first', 'orders/late'], incomplete: true });
      const plain = searched('orders', altered(memory, { supports: { ...memory.supports, readByKey: false } }));
      expect(await found([plain], first)).toEqual({ events: ['orders/first'], incomplete: true });
    },
  );

  it('begins a minute before, where its first event cannot be found', async () => {
    let now = 10 * MINUTE_MS;
    const memory = memoryChannel({ now: () => now });
    const channel = altered(memory, { supports: { ...memory.supports, readById: false, readByKey: false } });
    const orders = searched('orders', channel);
    await append(orders, message('first'));
    now += 2 * MINUTE_MS;
    await append(orders, message('second'));
    now += MINUTE_MS / 2;
    const third = await append(orders, message('third'));
    expect(await found([orders], third)).toMatchObject({ events: ['orders/second', 'orders/third'] });
    expect(await found([searched('orders', memory)], third)).toMatchObject({ events: { length: 3 } });
  });

  it('says that it is incomplete when a stream cannot be read, and when there is more than anyone looks at', async () => {
    const memory = memoryChannel();
    const orders = searched('orders', memory);
    const broken = altered(memoryChannel(), {
      read: () => {
        throw new Error('away');
      },
    });
    const first = await append(orders, message('first'));
    expect(await found([orders, searched('broken', broken)], first)).toEqual({
      events: ['orders/first'],
      incomplete: true,
    });
    await memory.publish(
      orders.stream,
      Array.from({ length: 600 }, (_, i) => message(`e-${i}`)),
    );
    expect((await found([orders], first)).incomplete).toBe(true);
  });

  it('is answered in time when a server hangs, with what was found', async () => {
    vi.useFakeTimers();
    try {
      const orders = searched('orders');
      const first = await append(orders, message('first'));
      const hanging = altered(memoryChannel(), {
        read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      });
      const answer = found([orders, searched('hanging', hanging)], first);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await answer).toEqual({ events: ['orders/first'], incomplete: true });
    } finally {
      vi.useRealTimers();
    }
  });
});
