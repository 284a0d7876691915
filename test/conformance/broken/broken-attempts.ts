import type { DeliveryPast } from 'nest-event-backbone/core';
import { alteredDeliveries, alteredState, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that remember too little about an event, or too much. */
export const brokenAttempts: readonly BrokenChannel[] = [
  broken(
    'remembers no failure',
    [
      'failures of an event are remembered by its group, and by no other event',
      'a start is taken back when its event is given back, and failures are not',
      'a redriven event says that it was a dead letter, and begins anew',
      'the state of a group counts the pending events that have failed before',
    ],
    (intact) => alteredSubscriptions(intact, () => ({ record: () => Promise.resolve() })),
  ),
  broken(
    'takes a start for a failure',
    ['a start is taken back when its event is given back, and failures are not'],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => ({
        record: (deliveries) => subscription.record(deliveries, 'failure'),
      })),
  ),
  broken(
    'says of every event that it has a past',
    ['failures of an event are remembered by its group, and by no other event'],
    (intact) => alteredDeliveries(intact, (delivery) => [{ past: NOTHING, ...delivery }]),
  ),
  broken(
    'does not say that an event was a dead letter',
    ['a redriven event says that it was a dead letter, and begins anew'],
    (intact) =>
      alteredDeliveries(intact, (delivery) => [
        { ...delivery, past: delivery.past && { ...delivery.past, redriven: false } },
      ]),
  ),
  {
    flaw: 'lets a consumer record about what it does not own',
    breaks: ['a consumer that no longer owns an event cannot record anything about it'],
    begin: () => {
      const failures = new Map<string, number>();
      return (intact) =>
        alteredSubscriptions(intact, () => ({
          batch: ({ deliveries, caughtUp }) => ({
            deliveries: deliveries.map((delivery) => ({
              ...delivery,
              past: { ...NOTHING, ...delivery.past, failures: failures.get(delivery.position.id) ?? 0 },
            })),
            caughtUp,
          }),
          record: (deliveries) => {
            for (const { position } of deliveries) failures.set(position.id, (failures.get(position.id) ?? 0) + 1);
            return Promise.resolve();
          },
        }));
    },
  },
  broken(
    'counts every pending event as failed',
    ['the state of a group counts the pending events that have failed before'],
    (intact) => alteredState(intact, (state) => ({ ...state, retrying: state.pending })),
  ),
];

const NOTHING: DeliveryPast = { failures: 0, crashes: 0, redriven: false };
