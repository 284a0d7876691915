import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Field,
  Key,
  type Channel,
  type ContractClass,
  type Stream,
} from 'nest-event-backbone/core';
import { freshStream, openChannel, redisUrl } from '../redis/open-channel.js';

/** What is deployed now. */
@EventsContract('orders')
class Before {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

/** What is deployed next: one argument more, which may be absent, and one event more. */
@EventsContract('orders')
class After {
  @ContractEvent()
  placed(@Key() order: string, n: number, @Field({ type: () => String }) note?: string) {
    return { order, n, note };
  }

  @ContractEvent()
  cancelled(@Key() order: string) {
    return { order };
  }
}

describe.skipIf(redisUrl === '')('while two versions of a service run side by side', () => {
  it('each handles what the other produces, in order, and what is unknown to one waits for the other', async () => {
    const channel = openChannel();
    const environment = freshStream().contract;
    const stream = { environment, contract: 'orders' };
    const [before, after] = [producerOf(Before, channel, environment), producerOf(After, channel, environment)];
    await before.placed('o', 1);
    await after.placed('o', 2, 'with a note');
    await before.placed('o', 3);
    await after.cancelled('o');
    await after.placed('o', 4);

    const old = handledBy(Before, channel, stream, 'old-alone');
    await vi.waitFor(async () => {
      expect(await channel.admin.state(stream, 'old-alone')).toMatchObject({ pending: 0, lag: 0 });
    }, 5_000);
    expect(old).toEqual(['placed o 1', 'placed o 2', 'placed o 3', 'placed o 4']);
    expect(await channel.admin.deadLetters.list(stream, 'old-alone')).toMatchObject([{ kind: 'unknown' }]);

    const next = handledBy(After, channel, stream, 'next-alone');
    await vi.waitUntil(() => next.length === 5, { timeout: 5_000 });
    expect(next).toEqual(['placed o 1 ', 'placed o 2 with a note', 'placed o 3 ', 'cancelled o', 'placed o 4 ']);
  });
});

function producerOf<C extends object>(cls: ContractClass<C>, channel: Channel, environment: string) {
  return createProducer(cls, { channel, environment, source: 'test' });
}

function handledBy(cls: ContractClass, channel: Channel, stream: Stream, group: string): readonly string[] {
  const handled: string[] = [];
  const events = [...describeContract(cls).byType.values()];
  const consumer = new Consumer({
    ...{ channel, stream, group, knownTypes: events.map(({ type }) => type) },
    handlers: events.map((event) => ({
      event,
      invoke: (args) => void handled.push([event.name, ...args].join(' ')),
    })),
  });
  onTestFinished(() => consumer.stop(2_000));
  consumer.start();
  return handled;
}
