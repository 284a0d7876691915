import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Delivery } from './delivery.js';
import type { Handler } from './consumer-options.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DeliveryHandling } from './delivery-handling.js';
import { BackboneError } from './errors.js';
import { jsonCodec } from './json-codec.js';
import { NO_HEADERS, type Message } from './message.js';
import type { ConsumeContext, Middleware } from './middleware.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(n: number) {
    return { n };
  }
}

const contract = describeContract(Orders);

interface SetUp {
  readonly invoke?: (context: ConsumeContext, n: unknown) => unknown;
  readonly middleware?: readonly Middleware[];
  readonly own?: readonly Middleware[];
  readonly knownTypes?: readonly string[];
  readonly stopping?: AbortSignal;
}

function handling({
  invoke = () => undefined,
  middleware,
  own,
  knownTypes = [],
  stopping,
}: SetUp = {}): DeliveryHandling {
  const event = contract.byMethod.get('placed');
  if (!event) throw new Error('no event');
  const handler: Handler = { event, middleware: own, invoke: ([n], context) => invoke(context, n) };
  const from = {
    channel: memoryChannel(),
    stream: { environment: 'test', contract: 'orders' },
    group: 'transit',
    codec: jsonCodec,
    stopping: stopping ?? new AbortController().signal,
  };
  const policy = { maxCrashes: 10, onFailure: 'dead-letter', stop: () => undefined } as const;
  return new DeliveryHandling({ ...policy, handlers: [handler], middleware, knownTypes }, from);
}

function delivered(message: Partial<Message> = {}, more: Partial<Delivery> = {}): Delivery {
  const whole: Message = {
    id: 'e-1',
    source: 'shop',
    type: 'placed.v1',
    time: 5,
    key: 'k',
    correlationId: 'e-1',
    contentType: 'application/json',
    headers: NO_HEADERS,
    fields: { n: '7' },
    personal: [],
    ...message,
  };
  return { position: { partition: 0, id: '1' }, appendedAt: 6, deliveries: 1, message: whole, ...more };
}

const aside = (kind: string, code: string, attempts: number) =>
  expect.objectContaining({ kind, code, attempts }) as unknown;

describe('a delivery', () => {
  it('that is handled is settled', async () => {
    const seen: unknown[] = [];
    const subject = handling({ invoke: (_, n) => seen.push(n) });
    const delivery = delivered();
    expect(await subject.settlementOf(delivery)).toEqual({ delivery });
    expect(seen).toEqual([7]);
    expect(subject.counts).toEqual({ handled: 1, skipped: 0, deadLetters: 0, erased: 0 });
  });

  it('of a type that this build does not know is set aside as unknown', async () => {
    const subject = handling();
    const delivery = delivered({ type: 'cancelled.v1' }, { fieldsOmitted: true });
    expect(await subject.settlementOf(delivery)).toEqual({
      delivery,
      deadLetter: aside('unknown', 'EB_UNKNOWN_TYPE', 0),
    });
    expect(subject.counts).toEqual({ handled: 0, skipped: 0, deadLetters: 1, erased: 0 });
  });

  it('of a type that belongs to the library is skipped, unless another member handles it', async () => {
    const subject = handling({ knownTypes: ['$known.v1'] });
    for (const type of ['$snapshot.v1', '$known.v1']) {
      const delivery = delivered({ type }, { fieldsOmitted: true });
      expect(await subject.settlementOf(delivery)).toEqual({
        delivery,
        unhandled: aside('unknown', 'EB_UNKNOWN_TYPE', 0),
      });
    }
    expect(subject.counts).toEqual({ handled: 0, skipped: 2, deadLetters: 0, erased: 0 });
  });

  it('of a type that the contract knows and nobody handles here is skipped, unless another member handles it', async () => {
    const subject = handling({ knownTypes: ['placed.v1', 'paid.v1'] });
    const delivery = delivered({ type: 'paid.v1' }, { fieldsOmitted: true });
    expect(await subject.settlementOf(delivery)).toEqual({
      delivery,
      unhandled: aside('unknown', 'EB_UNKNOWN_TYPE', 0),
    });
    expect(subject.counts).toEqual({ handled: 0, skipped: 1, deadLetters: 0, erased: 0 });
  });

  it.each<[string, Delivery, string, string]>([
    [
      'that cannot be read',
      delivered({}, { message: undefined, malformed: error('EB_MALFORMED') }),
      'malformed',
      'EB_MALFORMED',
    ],
    ['whose fields are lost', delivered({}, { malformed: error('EB_FIELDS_LOST') }), 'lost', 'EB_FIELDS_LOST'],
    ['that holds nothing', delivered({}, { message: undefined }), 'failed', 'Error'],
  ])('%s is set aside without its handler', async (_, delivery, kind, code) => {
    let ran = false;
    const subject = handling({ invoke: () => (ran = true) });
    expect(await subject.settlementOf(delivery)).toEqual({ delivery, deadLetter: aside(kind, code, 0) });
    expect(ran).toBe(false);
  });

  it('whose argument has another type is set aside as invalid, without its handler', async () => {
    let ran = false;
    const subject = handling({ invoke: () => (ran = true) });
    const delivery = delivered({ fields: { n: '"canary"' } });
    const settlement = await subject.settlementOf(delivery);
    expect(settlement).toEqual({ delivery, deadLetter: aside('invalid', 'EB_UNDECODABLE', 1) });
    expect(JSON.stringify(settlement?.deadLetter)).not.toContain('canary');
    expect(ran).toBe(false);
  });
});

describe('skip()', () => {
  it.each<[string, (context: ConsumeContext) => void]>([
    ['returns', (context) => context.skip()],
    ['throws', throwAfterSkip],
  ])('settles the event when its handler then %s', async (_, invoke) => {
    const subject = handling({ invoke });
    const delivery = delivered();
    expect(await subject.settlementOf(delivery)).toEqual({ delivery });
    expect(subject.counts).toEqual({ handled: 0, skipped: 1, deadLetters: 0, erased: 0 });
  });

  it('lets middleware end an event without its handler', async () => {
    const skipping: Middleware = (context) => {
      if (context.stage === 'consume') context.skip();
      return Promise.resolve();
    };
    const subject = handling({ middleware: [skipping] });
    const delivery = delivered();
    expect(await subject.settlementOf(delivery)).toEqual({ delivery });
    expect(subject.counts.skipped).toBe(1);
  });
});

describe('middleware', () => {
  it("runs around the handler, the consumer's outside the handler's own", async () => {
    const seen: string[] = [];
    const named = (name: string): Middleware => {
      return async (_, next) => {
        seen.push(`${name} in`);
        await next();
        seen.push(`${name} out`);
      };
    };
    const middleware = [named('a'), named('b')];
    await handling({ middleware, own: [named('own')], invoke: () => seen.push('handler') }).settlementOf(delivered());
    expect(seen).toEqual(['a in', 'b in', 'own in', 'handler', 'own out', 'b out', 'a out']);
  });

  it('may run the handler again, and replace its arguments', async () => {
    const seen: unknown[] = [];
    const again: Middleware = async (context, next) => {
      await next().catch(() => undefined);
      context.args = [8];
      await next();
    };
    const subject = handling({
      middleware: [again],
      invoke: (_, n) => {
        seen.push(n);
        if (n === 7) throw new Error('not yet');
      },
    });
    const delivery = delivered();
    expect(await subject.settlementOf(delivery)).toEqual({ delivery });
    expect(seen).toEqual([7, 8]);
  });

  it.each<[string, Middleware]>([
    ['does not call next', () => Promise.resolve()],
    ['swallows a failure', (_, next) => next().catch(() => undefined)],
  ])('that %s cannot end an event in silence', async (_, middleware) => {
    const subject = handling({ middleware: [middleware], invoke: () => Promise.reject(new Error('bad')) });
    const delivery = delivered();
    expect(await subject.settlementOf(delivery)).toEqual({
      delivery,
      deadLetter: aside('failed', 'EB_NOT_COMPLETED', 1),
    });
    expect(subject.counts).toEqual({ handled: 0, skipped: 0, deadLetters: 1, erased: 0 });
  });

  it.each<[string, Middleware]>([
    ['throws at once', throwAtOnce],
    ['rejects', () => Promise.reject(new TypeError('bad'))],
    ['throws after the handler', async (_, next) => next().then(throwAtOnce)],
  ])('that %s fails the event', async (_, middleware) => {
    const delivery = delivered();
    expect(await handling({ middleware: [middleware] }).settlementOf(delivery)).toEqual({
      delivery,
      deadLetter: aside('failed', 'TypeError', 1),
    });
  });
});

describe('a delivery that another consumer has taken over', () => {
  it('has its signal fired, and is neither settled nor set aside, however its handler ends', async () => {
    for (const fails of [true, false]) {
      let reason: unknown;
      const subject = handling({
        invoke: async ({ signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          reason = signal.reason;
          if (fails) throw new Error('given up');
        },
      });
      const delivery = delivered();
      const settlement = subject.settlementOf(delivery);
      subject.lose([delivery, delivered()]);
      await expect(settlement).resolves.toBeUndefined();
      expect(reason).toMatchObject({ code: 'EB_LEASE_LOST' });
      expect(subject.counts).toEqual({ handled: 0, skipped: 0, deadLetters: 0, erased: 0 });
    }
  });

  it('before it began, never begins', async () => {
    let ran = false;
    const subject = handling({ invoke: () => (ran = true) });
    const delivery = delivered();
    subject.lose([delivery]);
    expect(await subject.settlementOf(delivery)).toBeUndefined();
    expect(ran).toBe(false);
  });

  it('shows a fired signal to a handler that looks at it late', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let late: boolean | undefined;
    const subject = handling({
      invoke: async (context) => {
        await held;
        late = context.signal.aborted;
      },
    });
    const delivery = delivered();
    const settlement = subject.settlementOf(delivery);
    subject.lose([delivery]);
    release();
    await settlement;
    expect(late).toBe(true);
  });
});

describe('a handler that gives up because its consumer stops', () => {
  const givingUp = () => Promise.reject(error('EB_STOPPING'));

  it('has its event handed out again', async () => {
    const subject = handling({ invoke: givingUp, stopping: AbortSignal.abort() });
    expect(await subject.settlementOf(delivered())).toBeUndefined();
    expect(subject.counts.deadLetters).toBe(0);
  });

  it('has failed when nothing stops', async () => {
    const subject = handling({ invoke: givingUp });
    expect(await subject.settlementOf(delivered())).toMatchObject({
      deadLetter: aside('failed', 'EB_STOPPING', 1),
    });
  });

  it('is not told so once it has ended, and is forgotten', async () => {
    const contexts: ConsumeContext[] = [];
    const subject = handling({ invoke: (context) => contexts.push(context) });
    const delivery = delivered();
    await subject.settlementOf(delivery);
    subject.abort('time is over');
    subject.lose([delivery]);
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
  });

  it('does so in any way once its time is over', async () => {
    const subject = handling({
      invoke: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new Error('given up');
      },
    });
    const settlement = subject.settlementOf(delivered());
    subject.abort('time is over');
    await expect(settlement).resolves.toBeUndefined();
  });
});

function error(code: 'EB_MALFORMED' | 'EB_FIELDS_LOST' | 'EB_STOPPING'): BackboneError {
  return new BackboneError(code, 'for a test');
}

function throwAfterSkip(context: ConsumeContext): never {
  context.skip();
  throw new Error('after all');
}

function throwAtOnce(): never {
  throw new TypeError('bad');
}
