import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Field,
  Key,
  upcast,
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

/** What is deployed after that: the event in another shape, which reads the one before. */
@EventsContract('orders')
class Reshaped {
  @ContractEvent({ version: 2, upcast: [upcast(1, 2, { count: ({ n }: { n: number }) => n * 10 })] })
  placed(@Key() order: string, count: number) {
    return { order, count };
  }
}

/** The same without an upcaster. */
@EventsContract('orders')
class Forgetful {
  @ContractEvent({ version: 2 })
  placed(@Key() order: string, count: number) {
    return { order, count };
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

  it('a new version waits for who knows it, and who knows it reads the old one by its upcaster, and only by that', async () => {
    const channel = openChannel();
    const environment = freshStream().contract;
    const stream = { environment, contract: 'orders' };
    const [before, after] = [producerOf(Before, channel, environment), producerOf(Reshaped, channel, environment)];
    await before.placed('o', 1);
    await after.placed('o', 20);
    await before.placed('o', 3);
    const settled = (group: string) =>
      vi.waitFor(async () => {
        expect(await channel.admin.state(stream, group)).toMatchObject({ pending: 0, lag: 0 });
      }, 20_000);

    const old = handledBy(Before, channel, stream, 'mixed');
    await settled('mixed');
    expect(old).toEqual(['placed o 1', 'placed o 3']);
    expect(await channel.admin.deadLetters.list(stream, 'mixed')).toMatchObject([
      { kind: 'unknown', type: 'placed.v2' },
    ]);
    const joined = handledBy(Reshaped, channel, stream, 'mixed');
    await vi.waitUntil(() => joined.length === 1, { timeout: 20_000 });
    expect(joined).toEqual(['placed o 20']);

    const next = handledBy(Reshaped, channel, stream, 'next');
    await settled('next');
    expect(next).toEqual(['placed o 10', 'placed o 20', 'placed o 30']);
    expect(await channel.admin.deadLetters.list(stream, 'next')).toEqual([]);

    const forgetful = handledBy(Forgetful, channel, stream, 'forgetful');
    await settled('forgetful');
    expect(forgetful).toEqual(['placed o 20']);
    expect(await channel.admin.deadLetters.list(stream, 'forgetful')).toMatchObject([
      { kind: 'unknown', type: 'placed.v1' },
      { kind: 'unknown', type: 'placed.v1' },
    ]);
  });
});

function producerOf<C extends object>(cls: ContractClass<C>, channel: Channel, environment: string) {
  return createProducer(cls, { channel, environment, source: 'test' });
}

function handledBy(cls: ContractClass, channel: Channel, stream: Stream, group: string): readonly string[] {
  const handled: string[] = [];
  const events = [...describeContract(cls).byType.values()];
  const consumer = new Consumer({
    ...{ channel, stream, group, knownTypes: [...describeContract(cls).readable.keys()] },
    handlers: events.map((event) => ({
      event,
      invoke: (args) => void handled.push([event.name, ...args].join(' ')),
    })),
  });
  onTestFinished(() => consumer.stop(2_000));
  consumer.start();
  return handled;
}
