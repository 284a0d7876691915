import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  Consumer,
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Key,
  type ConsumeContext,
  type Handler,
  type Stream,
} from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { retry } from './retry.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Key() order: string, n: number) {
    return { order, n };
  }
}

const STREAM: Stream = { environment: 'test', contract: 'orders' };

const throwing = (error: unknown) => () => {
  throw error;
};
const rejecting = (error: unknown) => async () => {
  await Promise.resolve();
  throw error;
};
const no = throwing(new Error('no'));
const hostile = Object.defineProperties({ toString: no }, { message: { get: no }, cause: { get: no } });
const hostileError = Object.defineProperties(new Error('x'), {
  ...{ stack: { get: no }, name: { get: no }, message: { get: no }, cause: { get: no }, code: { get: no } },
});

const POISON: readonly (readonly [string, Handler['invoke']])[] = [
  ['throws undefined', throwing(undefined)],
  ['throws null', throwing(null)],
  ['throws a text', throwing('bad')],
  ['throws an Error', throwing(new Error('bad'))],
  ['throws a TypeError', throwing(new TypeError('bad'))],
  ['throws a RangeError', throwing(new RangeError('bad'))],
  ['throws a SyntaxError', throwing(new SyntaxError('bad'))],
  ['throws an object that cannot be looked at', throwing(hostile)],
  ['throws an error that cannot be looked at', throwing(hostileError)],
  ['rejects with undefined', rejecting(undefined)],
  ['rejects with an error that cannot be looked at', rejecting(hostileError)],
  ['rejects after a while', () => new Promise((_, reject) => setImmediate(() => reject(new Error('bad'))))],
  ['fails the event by hand', (_, context) => context.fail(new Error('bad'))],
  ['fails the event by hand and throws', failAndThrow],
  ['fails the event by hand and rejects later', failAndReject],
];

function failAndThrow(_: unknown, context: ConsumeContext): never {
  context.fail(hostileError);
  throw new Error('nobody waits for this');
}

function failAndReject(_: unknown, context: ConsumeContext): Promise<never> {
  context.fail(undefined);
  return new Promise((_resolve, reject) => setImmediate(() => reject(new Error('nobody waits for this'))));
}

describe('a handler that always', () => {
  const escaped: unknown[] = [];
  const escape = (error: unknown) => void escaped.push(error);
  const stops: (() => Promise<void>)[] = [];
  beforeAll(() => void process.on('unhandledRejection', escape));
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
  });
  afterAll(() => void process.off('unhandledRejection', escape));

  it.each(POISON)(
    '%s has its event set aside after its attempts, and the next one of its key is handled',
    async (_, invoke) => {
      const event = describeContract(Orders).byMethod.get('placed');
      if (!event) throw new Error('no event');
      const channel = memoryChannel();
      const seen: unknown[] = [];
      const handler: Handler = {
        event,
        ack: 'manual',
        middleware: [retry({ attempts: 3, wait: () => Promise.resolve() })],
        invoke: (args, context) => {
          seen.push(args[1]);
          if (args[1] === 1) return invoke(args, context);
          context.ack();
        },
      };
      const consumer = new Consumer({
        ...{
          channel,
          stream: STREAM,
          group: 'transit',
          handlers: [handler],
          knownTypes: ['placed.v1'],
          concurrency: 1,
        },
      });
      stops.push(() => consumer.stop(1_000));
      const orders = createProducer(Orders, { channel, environment: 'test', source: 'shop' });
      for (const n of [1, 2]) await orders.placed('o', n);
      consumer.start();
      await channel.settled();
      expect(seen).toEqual([1, 1, 1, 2]);
      const letters = await channel.admin.deadLetters.list(STREAM, 'transit');
      expect(letters).toMatchObject([{ kind: 'failed', attempts: 3, key: 'o' }]);
      expect(consumer.state).toMatchObject({ status: 'running', handled: 1, deadLetters: 1, inFlight: 0, running: 0 });
      await new Promise(setImmediate);
      expect(escaped).toEqual([]);
    },
  );
});
