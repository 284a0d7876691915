import {
  isBackboneError,
  type Channel,
  type Message,
  type Published,
  type Subscription,
  type SubscribeOptions,
} from '../core/index.js';
import type { AppendOutcome, History } from './history.js';

/** What a recorded channel writes down. */
export interface RecordedChannelOptions {
  /** Who consumes through it, for subscriptions that do not name themselves. Default: the process id. */
  readonly consumer?: string;
  /** False for a consumer whose handlers write down their deliveries themselves. Default true. */
  readonly deliveries?: boolean;
}

/** Returns a channel that does the same and writes down its appends, deliveries and settlements. */
export function recordedChannel(channel: Channel, history: History, options: RecordedChannelOptions = {}): Channel {
  const { consumer = String(process.pid), deliveries = true } = options;
  return {
    technology: channel.technology,
    supports: channel.supports,
    admin: channel.admin,
    read: (what) => channel.read(what),
    close: () => channel.close(),
    publish: (stream, messages, how) => recordedAppend(history, messages, () => channel.publish(stream, messages, how)),
    subscribe: (what) =>
      recordedSubscription(
        channel.subscribe(what),
        history,
        { ...what, consumer: what.consumer ?? consumer },
        deliveries,
      ),
  };
}

async function recordedAppend(
  history: History,
  messages: readonly Message[],
  append: () => Promise<readonly Published[]>,
): Promise<readonly Published[]> {
  for (const { id, key } of messages) history.append(id, key, 'invoked');
  try {
    const published = await append();
    for (const [i, { id, key }] of messages.entries()) history.append(id, key, 'ok', published[i]?.position);
    return published;
  } catch (error) {
    const outcome = outcomeOf(error);
    for (const { id, key } of messages) history.append(id, key, outcome);
    throw error;
  }
}

/** Whoever cannot tell must say so: only the library's own errors say that nothing was stored. */
function outcomeOf(error: unknown): AppendOutcome {
  return isBackboneError(error) && error.code !== 'EB_OUTCOME_UNKNOWN' ? 'failed' : 'unknown';
}

function recordedSubscription(
  subscription: Subscription,
  history: History,
  { group, consumer = '' }: SubscribeOptions,
  recordsDeliveries: boolean,
): Subscription {
  return {
    record: (deliveries, what) => subscription.record(deliveries, what),
    close: () => subscription.close(),
    async settle(settlements) {
      const lost = await subscription.settle(settlements);
      for (const { delivery, deadLetter } of settlements) {
        if (delivery.message && !lost.includes(delivery)) {
          history.settlement({ eventId: delivery.message.id, group, consumer, deadLetter: deadLetter !== undefined });
        }
      }
      return lost;
    },
    [Symbol.asyncIterator]() {
      const iterator = subscription[Symbol.asyncIterator]();
      return {
        next: async () => {
          const result = await iterator.next();
          if (result.done === true || !recordsDeliveries) return result;
          for (const { message, position, deliveries } of result.value.deliveries) {
            if (message)
              history.delivery({ eventId: message.id, key: message.key, position, group, consumer, deliveries });
          }
          return result;
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
