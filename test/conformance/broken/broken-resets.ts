import type { Channel, Delivery, DeliveryPast } from 'nest-event-backbone/core';
import { altered, alteredAdmin, alteredDeliveries, alteredState, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

const GO_ON = 'the consumers of a group that is reset go on from there without being started again';
const TOLD = 'a consumer is told what a reset has taken from it, and can settle that no more';
const NO_EFFECT = 'what is said about deliveries of before a reset has no effect';
const FINISHED = 'events that a group has finished are replayed after a reset, and those that it has not are not';
const STAYS = 'what is replayed stays so for other consumers and through another reset';
const PASSED = 'what a reset has passed over is not replayed when the group comes back to it';
const REDRIVEN = 'a dead letter that is redriven is not replayed';
const REDRIVEN_BEFORE = 'a dead letter that is redriven before a replay comes to its event is not replayed either';
const TIME = 'a group that is reset to a time goes on with the first event stored then';

/** Channels that move groups, and not as they should. */
export const brokenResets: readonly BrokenChannel[] = [
  {
    flaw: 'hands nothing more to consumers whose group was reset',
    breaks: [GO_ON, TOLD, NO_EFFECT],
    begin: () => {
      let resets = 0;
      return (intact) =>
        alteredSubscriptions(
          afterReset(intact, () => (resets += 1)),
          () => {
            const before = resets;
            return {
              batch: ({ deliveries, caughtUp }) => ({ deliveries: resets === before ? deliveries : [], caughtUp }),
            };
          },
        );
    },
  },
  broken('tells nobody what a reset has taken', [TOLD], (intact) =>
    altered(intact, { subscribe: (options) => intact.subscribe({ ...options, onLost: () => undefined }) }),
  ),
  broken('takes what is said about an event for its latest delivery', [TOLD, NO_EFFECT], (intact) =>
    alteredSubscriptions(intact, (subscription) => {
      const latest = new Map<string, Delivery>();
      const latestOf = (delivery: Delivery) => latest.get(delivery.position.id) ?? delivery;
      return {
        batch: (batch) => {
          for (const delivery of batch.deliveries) latest.set(delivery.position.id, delivery);
          return batch;
        },
        settle: (settlements) =>
          subscription.settle(settlements.map((each) => ({ ...each, delivery: latestOf(each.delivery) }))),
        record: (deliveries, what) => subscription.record(deliveries.map(latestOf), what),
      };
    }),
  ),
  {
    flaw: 'remembers through a reset how often events have failed',
    breaks: ['a reset forgets how often events have failed'],
    begin: () => {
      const pasts = new Map<string, DeliveryPast>();
      return (intact) =>
        alteredSubscriptions(intact, (subscription) => ({
          batch: ({ deliveries, caughtUp }) => ({
            deliveries: deliveries.map((delivery) => ({ ...delivery, past: pasts.get(delivery.position.id) })),
            caughtUp,
          }),
          record: (deliveries, what) => {
            for (const { position } of deliveries) {
              pasts.set(position.id, { failures: 1, crashes: 0, redriven: false });
            }
            return subscription.record(deliveries, what);
          },
        }));
    },
  },
  broken('removes the dead letters of a group that is reset', ['dead letters outlast a reset'], (intact) =>
    alteredAdmin(intact, {
      reset: async (stream, group, to) => {
        const { deadLetters } = intact.admin;
        const letters = await deadLetters.list(stream, group);
        await deadLetters.remove(
          stream,
          group,
          letters.map(({ id }) => id),
        );
        await intact.admin.reset(stream, group, to);
      },
    }),
  ),
  broken('keeps keys parked through a reset', ['a parked key goes on after a reset'], (intact) =>
    alteredState(intact, (state) => ({ ...state, parkedKeys: 1 })),
  ),
  broken('marks nothing as replayed', [FINISHED, STAYS], (intact) =>
    alteredDeliveries(intact, (delivery) => [{ ...delivery, replayed: false }]),
  ),
  {
    flaw: 'marks all that it has ever handed out as replayed',
    breaks: [FINISHED],
    begin: () => {
      const seen = new Set<string>();
      return (intact) =>
        alteredDeliveries(intact, (delivery) => {
          const replayed = seen.has(delivery.position.id);
          seen.add(delivery.position.id);
          return [{ ...delivery, replayed }];
        });
    },
  },
  {
    flaw: 'forgets what is replayed when the group is reset again',
    breaks: [STAYS],
    begin: () => {
      let resets = 0;
      return (intact) =>
        alteredDeliveries(
          afterReset(intact, () => (resets += 1)),
          (delivery) => [{ ...delivery, replayed: resets < 2 && delivery.replayed === true }],
        );
    },
  },
  {
    flaw: 'marks everything that comes after a reset as replayed',
    breaks: [FINISHED, STAYS, PASSED],
    begin: () => {
      let isReset = false;
      return (intact) =>
        alteredDeliveries(
          afterReset(intact, () => (isReset = true)),
          (delivery) => [{ ...delivery, replayed: isReset }],
        );
    },
  },
  broken('marks what is redriven as replayed', [REDRIVEN, REDRIVEN_BEFORE], (intact) =>
    alteredDeliveries(intact, (delivery) => [{ ...delivery, replayed: delivery.past?.redriven === true }]),
  ),
  broken('takes a time for the beginning', [TIME], (intact) =>
    alteredAdmin(intact, {
      reset: (stream, group, to) =>
        intact.admin.reset(stream, group, typeof to === 'object' && 'timeMs' in to ? 'beginning' : to),
    }),
  ),
  broken(
    'refuses no reset',
    ['a reset of a group, to a position or to a time that there is not is refused and changes nothing'],
    (intact) =>
      alteredAdmin(intact, {
        reset: (stream, group, to) => intact.admin.reset(stream, group, to).catch(() => undefined),
      }),
  ),
];

/** A channel that tells when a group was reset. */
function afterReset(intact: Channel, told: () => void): Channel {
  return alteredAdmin(intact, {
    reset: async (stream, group, to) => {
      await intact.admin.reset(stream, group, to);
      told();
    },
  });
}
