import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Subscription } from 'nest-event-backbone/core';
import { altered, alteredDeliveries, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that lose events when many work at once, or come and go. */
export const brokenTraffic: readonly BrokenChannel[] = [
  broken(
    'loses one event in forty',
    [
      'fifty producers and ten consumers at once lose nothing',
      'a consumer gets the events of a producer in the order of their appends',
      'every group gets every event',
      'consumers that come and go lose nothing',
    ],
    (intact) => alteredDeliveries(intact, (delivery) => (Number(delivery.position.id) % 40 === 39 ? [] : [delivery])),
  ),
  broken(
    'gives an event up that was handed out three times',
    ['events that are given back again and again come all the same'],
    (intact) => alteredDeliveries(intact, (delivery) => (delivery.deliveries > 3 ? [] : [delivery])),
  ),
  broken(
    'confirms what it has yet to store',
    ['what producers append before they close is stored, and no append stays open'],
    (intact) =>
      altered(intact, {
        publish: (stream, messages, options) => {
          void nextTurn()
            .then(() => intact.publish(stream, messages, options))
            .catch(() => undefined);
          return Promise.resolve([]);
        },
      }),
  ),
  broken(
    'never answers an append that it could not store before it was closed',
    ['what producers append before they close is stored, and no append stays open'],
    (intact) =>
      altered(intact, {
        publish: async (stream, messages, options) => {
          await nextTurn();
          return intact.publish(stream, messages, options).catch(() => new Promise<never>(() => undefined));
        },
      }),
  ),
  {
    flaw: 'hears nothing more when the server was restarted',
    breaks: ['producers and consumers go on when the server was restarted'],
    begin: () => {
      const open = new Set<Subscription>();
      return Object.assign(
        (intact: Parameters<typeof altered>[0]) =>
          alteredSubscriptions(intact, (subscription) => {
            open.add(subscription);
            return { batch: (batch) => (open.has(subscription) ? batch : nothing(batch)) };
          }),
        { restart: () => open.clear() },
      );
    },
  },
];

function nothing({ caughtUp }: Batch): Batch {
  return { deliveries: [], caughtUp };
}
