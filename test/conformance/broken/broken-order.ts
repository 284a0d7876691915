import type { Channel, Message } from 'nest-event-backbone/core';
import { alteredDeliveries, alteredMessages, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that mix up the events of a key. */
export const brokenOrder: readonly BrokenChannel[] = [
  {
    flaw: 'hands the events of a key to whoever asks',
    breaks: [
      'a later event of a key goes to no other consumer before the earlier one is settled',
      'order per key holds across consumers that come and go',
    ],
    begin: () => {
      const keys = new Map<string, string>();
      return (intact) => withKeys(withoutKeys(intact, keys), keys);
    },
  },
  broken(
    'hands out what came back behind what is new',
    ['what a consumer gives back comes before the later events of its key'],
    (intact) =>
      alteredSubscriptions(intact, () => ({
        batch: ({ deliveries, caughtUp }) => ({
          deliveries: deliveries.toSorted((a, b) => a.deliveries - b.deliveries),
          caughtUp,
        }),
      })),
  ),
];

function withoutKeys(intact: Channel, keys: Map<string, string>): Channel {
  return alteredMessages(intact, (message: Message) => {
    keys.set(message.id, message.key);
    return { ...message, key: message.id };
  });
}

function withKeys(intact: Channel, keys: ReadonlyMap<string, string>): Channel {
  return alteredDeliveries(intact, ({ message, ...delivery }) => [
    { ...delivery, message: message && { ...message, key: keys.get(message.id) ?? message.key } },
  ]);
}
