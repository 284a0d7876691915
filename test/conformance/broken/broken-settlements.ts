import { BackboneError, type Delivery, type Subscription } from 'nest-event-backbone/core';
import { altered, alteredDeliveries, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that forget what was settled, or what was not. */
export const brokenSettlements: readonly BrokenChannel[] = [
  broken(
    'forgets settlements',
    [
      'a group goes on where it was after every process was restarted',
      'what was not settled comes again after its consumer has closed',
      'what was settled never comes again, in whatever order it was settled',
    ],
    (intact) => alteredSubscriptions(intact, () => ({ settle: () => Promise.resolve([]) })),
  ),
  broken(
    'forgets all settlements of a call but the first',
    [
      'what was settled never comes again, in whatever order it was settled',
      'settling works after the loop was left, until close',
    ],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => ({
        settle: (settlements) => subscription.settle(settlements.slice(0, 1)),
      })),
  ),
  broken(
    'settles everything up to what is settled',
    ['what was settled never comes again, in whatever order it was settled'],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => {
        const held = new Map<number, Delivery>();
        return {
          batch: (batch) => {
            for (const delivery of batch.deliveries) held.set(Number(delivery.position.id), delivery);
            return batch;
          },
          settle: async (settlements) => {
            const last = Math.max(0, ...settlements.map(({ delivery }) => Number(delivery.position.id)));
            await subscription.settle([...held].filter(([id]) => id <= last).map(([, delivery]) => ({ delivery })));
            return [];
          },
        };
      }),
  ),
  broken(
    'drops what was held on close',
    [
      'what was not settled comes again after its consumer has closed',
      'consumers that come and go lose nothing',
      'what a consumer gives back goes to another one that waits already',
      'ten consumers that come and close together leave the group whole',
    ],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => {
        const held: Delivery[] = [];
        return {
          batch: (batch) => {
            held.push(...batch.deliveries);
            return batch;
          },
          close: async () => {
            await subscription.settle(held.map((delivery) => ({ delivery })));
            await subscription.close();
          },
        };
      }),
  ),
  {
    flaw: 'gives back what was held only when the next consumer comes',
    breaks: ['what a consumer gives back goes to another one that waits already'],
    begin: () => {
      const closed: Subscription[] = [];
      return (intact) => {
        const tardy = alteredSubscriptions(intact, (subscription) => ({
          close: () => Promise.resolve(void closed.push(subscription)),
        }));
        return altered(tardy, {
          subscribe: (options) => {
            for (const subscription of closed.splice(0)) subscription.close().catch(() => undefined);
            return tardy.subscribe(options);
          },
        });
      };
    },
  },
  {
    flaw: 'forgets its groups when a process ends',
    breaks: ['a group goes on where it was after every process was restarted'],
    begin: () => {
      let count = 0;
      return (intact) => {
        const process = (count += 1);
        return altered(intact, {
          subscribe: (options) => intact.subscribe({ ...options, group: `${options.group}-${process}` }),
        });
      };
    },
  },
  broken(
    'keeps what was held when a consumer closes',
    [
      'what was not settled comes again after its consumer has closed',
      'consumers that come and go lose nothing',
      'closing ends a read that waits, and closing twice does no harm',
    ],
    (intact) => alteredSubscriptions(intact, () => ({ close: () => Promise.resolve() })),
  ),
  {
    flaw: 'lets a consumer settle what it does not own',
    breaks: [
      'settling after close has no effect',
      'a consumer cannot settle what another one has taken over',
      'a group that is reset to the beginning gets everything again, and its consumers lose what they held',
    ],
    begin: () => {
      const settled = new Set<string>();
      return (intact) =>
        alteredSubscriptions(intact, (subscription) => ({
          batch: ({ deliveries, caughtUp }) => {
            const [over, rest] = [true, false].map((is) => deliveries.filter((d) => settled.has(d.position.id) === is));
            subscription.settle((over ?? []).map((delivery) => ({ delivery }))).catch(() => undefined);
            return { deliveries: rest ?? [], caughtUp };
          },
          settle: async (settlements) => {
            for (const { position } of await subscription.settle(settlements)) settled.add(position.id);
            return [];
          },
        }));
    },
  },
  broken('goes on waiting when its loop is left', ['leaving the iteration ends a read that waits'], (intact) =>
    alteredSubscriptions(intact, () => ({ leave: () => Promise.resolve() })),
  ),
  broken('refuses to close twice', ['closing ends a read that waits, and closing twice does no harm'], (intact) =>
    alteredSubscriptions(intact, (subscription) => {
      let closed = false;
      return {
        close: async () => {
          if (closed) throw new BackboneError('EB_CLOSED', 'closed before');
          closed = true;
          await subscription.close();
        },
      };
    }),
  ),
  broken('counts every delivery as the first', ['each delivery of an event is counted'], (intact) =>
    alteredDeliveries(intact, (delivery) => [{ ...delivery, deliveries: 1 }]),
  ),
  broken('closes when its loop is left', ['settling works after the loop was left, until close'], (intact) =>
    alteredSubscriptions(intact, (subscription) => ({ leave: () => subscription.close() })),
  ),
  broken('refuses to settle twice', ['settling twice does no harm'], (intact) =>
    alteredSubscriptions(intact, (subscription) => ({
      settle: async (settlements) => {
        const lost = await subscription.settle(settlements);
        if (lost.length > 0) throw new BackboneError('EB_LEASE_LOST', 'settled before');
        return lost;
      },
    })),
  ),
];
