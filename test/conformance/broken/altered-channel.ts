import type {
  Batch,
  Channel,
  ChannelAdmin,
  DeadLetterAdmin,
  Delivery,
  GroupState,
  Message,
  ReadEvent,
  Settlement,
  SubscribeOptions,
  Subscription,
} from 'nest-event-backbone/core';

/** What a subscription does otherwise. */
export interface SubscriptionChanges {
  readonly batch?: (batch: Batch) => Batch;
  readonly settle?: Subscription['settle'];
  readonly record?: Subscription['record'];
  readonly close?: Subscription['close'];
  readonly leave?: () => Promise<void>;
}

/** A channel like another one but for some members. */
export function altered(intact: Channel, changes: Partial<Channel> = {}): Channel {
  return {
    supports: intact.supports,
    admin: intact.admin,
    publish: (stream, messages, options) => intact.publish(stream, messages, options),
    subscribe: (options) => intact.subscribe(options),
    read: (options) => intact.read(options),
    close: () => intact.close(),
    ...changes,
  };
}

/** A channel whose subscriptions do something otherwise. */
export function alteredSubscriptions(
  intact: Channel,
  changesOf: (subscription: Subscription, options: SubscribeOptions) => SubscriptionChanges,
): Channel {
  return altered(intact, {
    subscribe: (options) => {
      const subscription = intact.subscribe(options);
      return alteredSubscription(subscription, changesOf(subscription, options));
    },
  });
}

/** A channel that hands out something else for each delivery. */
export function alteredDeliveries(
  intact: Channel,
  change: (delivery: Delivery, options: SubscribeOptions) => readonly Delivery[],
): Channel {
  return alteredSubscriptions(intact, (_, options) => ({
    batch: ({ deliveries, caughtUp }) => ({
      deliveries: deliveries.flatMap((delivery) => change(delivery, options)),
      caughtUp,
    }),
  }));
}

/** A channel that stores each message otherwise. */
export function alteredMessages(intact: Channel, change: (message: Message) => Message): Channel {
  return altered(intact, {
    publish: (stream, messages, options) => intact.publish(stream, messages.map(change), options),
  });
}

/** A channel that reads something else for each event. */
export function alteredReading(intact: Channel, change: (event: ReadEvent) => readonly ReadEvent[]): Channel {
  return altered(intact, {
    async *read(options) {
      for await (const batch of intact.read(options)) yield batch.flatMap(change);
    },
  });
}

/** A channel with another admin member. */
export function alteredAdmin(intact: Channel, changes: Partial<ChannelAdmin>): Channel {
  const { admin } = intact;
  return altered(intact, {
    admin: {
      groups: (stream) => admin.groups(stream),
      state: (stream, group) => admin.state(stream, group),
      extent: (stream) => admin.extent(stream),
      reset: (stream, group, to) => admin.reset(stream, group, to),
      deadLetters: admin.deadLetters,
      trim: (stream, limits) => admin.trim(stream, limits),
      erase: (stream, ids, fields) => admin.erase(stream, ids, fields),
      ...changes,
    },
  });
}

/** A channel that says something else about how a group stands. */
export function alteredState(intact: Channel, change: (state: GroupState) => GroupState): Channel {
  return alteredAdmin(intact, {
    state: async (stream, group) => {
      const state = await intact.admin.state(stream, group);
      return state && change(state);
    },
  });
}

/** A channel with another member of its dead letters. */
export function alteredDeadLetters(intact: Channel, changes: Partial<DeadLetterAdmin>): Channel {
  const { deadLetters } = intact.admin;
  return alteredAdmin(intact, {
    deadLetters: {
      list: (stream, group, options) => deadLetters.list(stream, group, options),
      show: (stream, group, id) => deadLetters.show(stream, group, id),
      redrive: (stream, group, ids) => deadLetters.redrive(stream, group, ids),
      remove: (stream, group, ids) => deadLetters.remove(stream, group, ids),
      ...changes,
    },
  });
}

/** A channel that settles otherwise: each settlement is changed on its way. */
export function alteredSettlements(intact: Channel, change: (settlement: Settlement) => Settlement): Channel {
  return alteredSubscriptions(intact, (subscription) => ({
    settle: (settlements) => subscription.settle(settlements.map(change)),
  }));
}

function alteredSubscription(intact: Subscription, changes: SubscriptionChanges): Subscription {
  return {
    settle: changes.settle ?? ((settlements) => intact.settle(settlements)),
    record: changes.record ?? ((deliveries, what) => intact.record(deliveries, what)),
    close: changes.close ?? (() => intact.close()),
    [Symbol.asyncIterator]() {
      const iterator = intact[Symbol.asyncIterator]();
      return {
        next: async () => {
          const result = await iterator.next();
          return result.done === true || !changes.batch ? result : { done: false, value: changes.batch(result.value) };
        },
        return: async () => {
          await (changes.leave ? changes.leave() : iterator.return?.());
          return { done: true, value: undefined };
        },
      };
    },
  };
}
