import type { Channel, Delivery, Stream } from 'nest-event-backbone/core';
import { altered, alteredDeliveries, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that hand events to the wrong consumers, or in the wrong order. */
export const brokenGroups: readonly BrokenChannel[] = [
  {
    flaw: 'gives every consumer a group of its own',
    breaks: [
      'consumers of one group share its events: each goes to one of them',
      'a group goes on where it was after every process was restarted',
      'what was not settled comes again after its consumer has closed',
    ],
    begin: () => {
      let count = 0;
      return (intact) =>
        altered(intact, {
          subscribe: (options) => intact.subscribe({ ...options, group: `${options.group}-${(count += 1)}` }),
        });
    },
  },
  broken(
    'makes one group of all',
    ['every group gets every event', 'a new group begins with the first event'],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, group: 'all' }) }),
  ),
  broken(
    'hands out everything twice',
    [
      'consumers of one group share its events: each goes to one of them',
      'what was settled never comes again, in whatever order it was settled',
    ],
    (intact) => alteredDeliveries(intact, (delivery) => [delivery, delivery]),
  ),
  broken(
    'hands out a batch from its end',
    [
      'a consumer gets the events of a producer in the order of their appends',
      'the events of each of sixteen keys come to a consumer in the order of their appends',
      'redriving one dead letter of a parked key hands all of them out in order, before its newer events',
      'an append of two thousand messages arrives whole and in order, in batches no larger than asked',
    ],
    (intact) =>
      alteredSubscriptions(intact, () => ({
        batch: ({ deliveries, caughtUp }) => ({ deliveries: deliveries.toReversed(), caughtUp }),
      })),
  ),
  broken(
    'ignores the size of batches',
    ['an append of two thousand messages arrives whole and in order, in batches no larger than asked'],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, batchSize: 1_000 }) }),
  ),
  broken(
    'begins every group at the end',
    ['a new group begins with the first event', 'every group gets every event'],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, from: 'end' }) }),
  ),
  broken(
    'begins every group at the beginning',
    ['a new group that is to begin at the end gets only what comes after'],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, from: 'beginning' }) }),
  ),
  broken(
    'begins a group anew when its consumer asks for the end',
    ['a group that exists goes on where it was, wherever a new one would begin'],
    (intact) =>
      altered(intact, {
        subscribe: (options) => {
          const anew = options.from === 'end' ? `${options.group}-anew` : options.group;
          return intact.subscribe({ ...options, group: anew });
        },
      }),
  ),
  broken(
    'says nothing more once it has caught up',
    ['a consumer may come before the first event, and hears each one as it is appended'],
    (intact) => {
      const deaf = new Promise<never>(() => undefined);
      return altered(intact, {
        subscribe: (options) => {
          const subscription = intact.subscribe(options);
          let caughtUp = false;
          return {
            settle: (settlements) => subscription.settle(settlements),
            record: (deliveries, what) => subscription.record(deliveries, what),
            close: () => subscription.close(),
            [Symbol.asyncIterator]() {
              const iterator = subscription[Symbol.asyncIterator]();
              return {
                next: async () => {
                  if (caughtUp) return deaf;
                  const result = await iterator.next();
                  caughtUp = result.done !== true && result.value.caughtUp;
                  return result;
                },
              };
            },
          };
        },
      });
    },
  ),
  broken('never says that it has caught up', ['a consumer is told when it has caught up, and not before'], (intact) =>
    alteredSubscriptions(intact, () => ({ batch: ({ deliveries }) => ({ deliveries, caughtUp: false }) })),
  ),
  broken('always says that it has caught up', ['a consumer is told when it has caught up, and not before'], (intact) =>
    alteredSubscriptions(intact, () => ({ batch: ({ deliveries }) => ({ deliveries, caughtUp: true }) })),
  ),
  broken(
    'hands out the fields of every type',
    ['events of other types come without their fields, and say so'],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, types: undefined }) }),
  ),
  broken(
    'keeps events of other types to itself',
    ['events of other types come without their fields, and say so'],
    (intact) => alteredDeliveries(intact, (delivery) => (delivery.fieldsOmitted ? [] : [delivery])),
  ),
  broken(
    'does not say that fields were left out',
    ['events of other types come without their fields, and say so'],
    (intact) => alteredDeliveries(intact, (delivery) => [{ ...delivery, fieldsOmitted: false }]),
  ),
  broken('mixes environments', ['streams of other contracts and of other environments stay apart'], (intact) =>
    elsewhere(intact, (stream) => ({ ...stream, environment: 'one' })),
  ),
  broken(
    'mixes contracts',
    [
      'streams of other contracts and of other environments stay apart',
      'ten streams are consumed at once, each whole and in order',
    ],
    (intact) => elsewhere(intact, (stream) => ({ ...stream, contract: 'one' })),
  ),
  broken('moves a group by reading without one', ['a reader without a group changes nothing for groups'], (intact) =>
    altered(intact, {
      async *read(options) {
        const { stream } = options;
        const subscription = intact.subscribe({ stream, group: 'group' });
        for await (const { deliveries, caughtUp } of subscription) {
          await subscription.settle(deliveries.map((delivery: Delivery) => ({ delivery })));
          if (caughtUp) break;
        }
        await subscription.close();
        yield* intact.read(options);
      },
    }),
  ),
];

function elsewhere(intact: Channel, to: (stream: Stream) => Stream): Channel {
  return altered(intact, {
    publish: (stream, messages, options) => intact.publish(to(stream), messages, options),
    subscribe: (options) => intact.subscribe({ ...options, stream: to(options.stream) }),
    read: (options) => intact.read({ ...options, stream: to(options.stream) }),
  });
}
