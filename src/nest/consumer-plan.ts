import { BackboneError, BatchCalls, composeBatch, Consumer, streamOf, type Handler } from '../core/index.js';
import { retry } from '../middleware/retry.js';
import { timeout } from '../middleware/timeout.js';
import type { Connection } from './connection.js';
import type { FoundHandler } from './found-handler.js';
import type { HandlerInvoker } from './handler-invoker.js';

/** What a connection's handlers come to. */
export interface ConsumerPlan {
  /** One for each stream and group that this process reads. */
  readonly consumers: readonly Consumer[];
  readonly groups: readonly string[];
  /** The groups that `consumers` leaves out. */
  readonly notStarted: readonly string[];
}

/**
 * Makes the consumers of a connection's handlers: one for each stream and group, however many contracts share the stream.
 *
 * @throws BackboneError `EB_HANDLER` for two handlers of one event in one group, `EB_OPTIONS` for group names in the
 *   options that no handler has.
 */
export function planConsumers(
  connection: Connection,
  found: readonly FoundHandler[],
  makeInvoker: () => HandlerInvoker,
): ConsumerPlan {
  const { options } = connection;
  const groups = [...new Set(found.map(({ group }) => group))];
  checkGroupNames('groups', Object.keys(options.groups ?? {}), groups);
  if (typeof options.consumers !== 'string') checkGroupNames('consumers', options.consumers, groups);
  checkOneHandlerEach(found);
  const byConsumer = new Map<string, FoundHandler[]>();
  for (const one of found) {
    const key = `${one.event.contract.name}/${one.group}`;
    byConsumer.set(key, [...(byConsumer.get(key) ?? []), one]);
  }
  const isRead = (group: string) =>
    options.consumers === 'all' || (options.consumers !== 'none' && options.consumers.includes(group));
  const invoker = found.length > 0 ? makeInvoker() : undefined;
  const consumers = [...byConsumer.values()]
    .filter(([first]) => first && isRead(first.group))
    .map((handlers) => consumerOf(connection, handlers, invoker as HandlerInvoker));
  return { consumers, groups, notStarted: groups.filter((group) => !isRead(group)) };
}

function consumerOf(connection: Connection, found: readonly FoundHandler[], invoker: HandlerInvoker): Consumer {
  const { channel, options, seams } = connection;
  const [{ group, event }] = found as readonly [FoundHandler];
  const { retry: groupRetry, ...settings } = options.groups?.[group] ?? {};
  const stream = streamOf(event.contract, options.environment);
  const known = [...connection.contracts].filter(({ name }) => name === stream.contract);
  const handlers = found.map((one): Handler => {
    const retries = retry({ wait: seams.wait, ...options.retry, ...groupRetry, ...one.options.retry });
    const { timeoutMs, middleware = [], ack, onReplay } = one.options;
    const limit = timeoutMs === undefined ? [] : [timeout(timeoutMs)];
    return {
      event: one.event,
      invoke: callOf(connection, one, invoker),
      ack,
      onReplay,
      middleware: [retries, ...limit, ...connection.innerMiddleware(), ...middleware],
    };
  });
  return new Consumer({
    ...{ channel, stream, group, handlers, codec: options.codec, middleware: options.middleware },
    ...options.consumer,
    ...settings,
    knownTypes: [...new Set(known.flatMap(({ readable }) => [...readable.keys()]))],
  });
}

function callOf({ options }: Connection, found: FoundHandler, invoker: HandlerInvoker): Handler['invoke'] {
  if (!found.batch) return invoker.callOf(found);
  const around = [...options.middleware, ...(found.options.middleware ?? [])];
  const batches = new BatchCalls(composeBatch(around, invoker.batchCallOf(found)), found.options);
  return (args, context) => batches.call(args, context);
}

function checkOneHandlerEach(found: readonly FoundHandler[]): void {
  const taken = new Map<string, FoundHandler>();
  for (const one of found) {
    const { event, group, where } = one;
    const key = `${event.contract.name}/${event.type}/${group}`;
    const other = taken.get(key);
    if (other) {
      throw new BackboneError(
        'EB_HANDLER',
        `${other.where} and ${where} both handle ${event.contract.name}.${event.type} in the group "${group}"; give one of ` +
          "them a group of its own, @EventHandler(..., { group: 'its-name' }): each group gets every event, with its own retries",
      );
    }
    taken.set(key, one);
  }
}

function checkGroupNames(option: string, named: readonly string[], groups: readonly string[]): void {
  const unknown = named.filter((group) => !groups.includes(group));
  if (unknown.length === 0) return;
  const known = groups.length > 0 ? `; its groups: ${groups.join(', ')}` : '';
  throw new BackboneError(
    'EB_OPTIONS',
    `EventBackboneModule: \`${option}\` names ${unknown.join(', ')}, and no handler of this application is in such a group${known}`,
    { details: { unknown } },
  );
}
