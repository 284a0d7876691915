import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Key,
  type Handler,
  type Middleware,
} from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { retry } from './retry.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

/** One event of the key `sick` fails once and waits for `release`, behind it come another one and those of other keys. */
async function scene(around: (retries: Middleware) => Middleware) {
  const event = describeContract(Orders).byMethod.get('placed');
  if (!event) throw new Error('no event');
  const channel = memoryChannel();
  const seen: string[] = [];
  let release: () => void = () => undefined;
  let waiting = false;
  const retries = retry({
    wait: (_, signal) => {
      waiting = true;
      return new Promise((resolve, reject) => {
        release = resolve;
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    },
  });
  const handler: Handler = {
    event,
    middleware: [around(retries)],
    invoke: ([order, n], { attempt }) => {
      seen.push(`${String(order)}${String(n)}`);
      if (order === 'sick' && n === 1 && attempt === 1) throw new Error('not yet');
    },
  };
  const options = { channel, stream: { environment: 'test', contract: 'orders' }, group: 'transit', concurrency: 1 };
  const consumer = new Consumer({ ...options, handlers: [handler], knownTypes: ['placed.v1'] });
  onTestFinished(() => consumer.stop(50));
  const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop' });
  for (const n of [1, 2]) await orders.placed('sick', n);
  for (const n of [1, 2]) await orders.placed('well', n);
  consumer.start();
  await vi.waitFor(() => expect(waiting).toBe(true));
  await new Promise(setImmediate);
  return { channel, consumer, seen, release: () => release() };
}

describe('an event that waits for its next try', () => {
  it('holds back its own key only, with one place for all keys', async () => {
    const { channel, consumer, seen, release } = await scene((retries) => retries);
    await vi.waitFor(() => expect(seen).toEqual(['sick1', 'well1', 'well2']));
    expect(consumer.state).toMatchObject({ running: 1, inFlight: 2 });
    release();
    await channel.settled();
    expect(seen).toEqual(['sick1', 'well1', 'well2', 'sick1', 'sick2']);
  });

  it('would hold back every key if it kept its place', async () => {
    const keeping = (retries: Middleware): Middleware => {
      return (context, next) => {
        Object.defineProperty(context, 'rest', { value: (work: () => Promise<unknown>) => work() });
        return retries(context, next);
      };
    };
    const { channel, seen, release } = await scene(keeping);
    expect(seen).toEqual(['sick1']);
    release();
    await channel.settled();
    expect(seen.slice(0, 2)).toEqual(['sick1', 'sick1']);
  });

  it('does not keep its consumer from stopping', async () => {
    const { consumer, seen } = await scene((retries) => retries);
    await consumer.stop(60_000);
    expect(consumer.state).toMatchObject({ status: 'stopped', deadLetters: 0 });
    expect(seen.filter((each) => each.startsWith('sick'))).toEqual(['sick1']);
  });
});
