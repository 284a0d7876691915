import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Delivery, DeliveryPast } from './delivery.js';
import type { ConsumedFrom } from './consumed-event.js';
import type { Handler } from './consumer-options.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { DeliveryHandling, type HandlingOptions } from './delivery-handling.js';
import { BackboneError } from './errors.js';
import { jsonCodec } from './json-codec.js';
import { NO_HEADERS, type Message } from './message.js';
import type { ConsumeContext } from './middleware.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(n: number) {
    return { n };
  }
}

interface SetUp extends Partial<Pick<HandlingOptions, 'onFailure' | 'maxCrashes'>> {
  readonly invoke?: (context: ConsumeContext, n: unknown) => unknown;
  readonly ack?: Handler['ack'];
  readonly record?: ConsumedFrom['record'];
}

function handling({ invoke = () => undefined, ack, record, ...policy }: SetUp = {}) {
  const event = describeContract(Orders).byMethod.get('placed');
  if (!event) throw new Error('no event');
  const seen: unknown[] = [];
  const stops: unknown[] = [];
  const stopping = new AbortController();
  const handler: Handler = {
    event,
    ack,
    invoke: ([n], context) => {
      seen.push(n);
      return invoke(context, n);
    },
  };
  const from = {
    channel: memoryChannel(),
    stream: { environment: 'test', contract: 'orders' },
    ...{ group: 'transit', codec: jsonCodec, stopping: stopping.signal, record },
  };
  const stop = (error: unknown, { message }: Delivery) => void stops.push([error, message?.id]);
  const options = { maxCrashes: 10, onFailure: 'dead-letter' as const, ...policy, stop };
  const subject = new DeliveryHandling({ ...options, handlers: [handler], knownTypes: ['placed.v1'] }, from);
  return { subject, seen, stops, stopping };
}

function delivered(n: number, more: Partial<Delivery> & { key?: string; type?: string } = {}): Delivery {
  const { key = 'k', type = 'placed.v1', ...rest } = more;
  const message: Message = {
    ...{ id: `e-${n}`, source: 'shop', type, time: 5, key, correlationId: 'e', headers: NO_HEADERS },
    ...{ contentType: 'application/json', fields: { n: String(n) }, personal: [] },
  };
  return { position: { partition: 0, id: String(n) }, appendedAt: 6, deliveries: 1, message, ...rest };
}

const past = (some: Partial<DeliveryPast>): DeliveryPast => ({ failures: 0, crashes: 0, redriven: false, ...some });
const aside = (kind: string, code: string, attempts: number) =>
  expect.objectContaining({ kind, code, attempts }) as unknown;
const bad = new Error('bad');
const failing = () => {
  throw bad;
};

describe('a delivery that was handed out before', () => {
  it('runs only when the channel knows that it is about to, and the first one without a word', async () => {
    const told: string[] = [];
    let known: () => void = () => undefined;
    const record: ConsumedFrom['record'] = ({ position }, what) => {
      told.push(`${what} ${position.id}`);
      return new Promise((resolve) => (known = resolve));
    };
    const { subject, seen } = handling({ record });
    await subject.settlementOf(delivered(1));
    expect({ told, seen }).toEqual({ told: [], seen: [1] });
    const again = delivered(2, { deliveries: 2 });
    const settlement = subject.settlementOf(again);
    expect({ told, seen }).toEqual({ told: ['start 2'], seen: [1] });
    known();
    expect(await settlement).toEqual({ delivery: again });
    expect(seen).toEqual([1, 2]);
  });

  it('does not run when it is lost, or the consumer stops, before the channel knows', async () => {
    for (const lost of [true, false]) {
      let known: () => void = () => undefined;
      const { subject, seen, stopping } = handling({ record: () => new Promise((resolve) => (known = resolve)) });
      const again = delivered(1, { deliveries: 2 });
      const settlement = subject.settlementOf(again);
      if (lost) subject.lose([again]);
      else stopping.abort();
      known();
      expect(await settlement).toBeUndefined();
      expect(seen).toEqual([]);
    }
  });

  it('has failed without running when it took its consumer down too often', async () => {
    const { subject, seen } = handling({ maxCrashes: 3 });
    const [below, at] = [2, 3].map((crashes) => delivered(crashes, { past: past({ crashes, failures: 1 }) }));
    expect(await subject.settlementOf(below as Delivery)).toEqual({ delivery: below });
    expect(await subject.settlementOf(at as Delivery)).toEqual({
      delivery: at,
      deadLetter: aside('failed', 'EB_CRASHED', 1),
    });
    expect(seen).toEqual([2]);
    expect(subject.counts).toMatchObject({ handled: 1, deadLetters: 1 });
  });
});

describe('an event that has failed for good', () => {
  it('lets the later ones of its key pass, when nothing else is said', async () => {
    const { subject, seen } = handling({ invoke: (_, n) => n === 1 && failing() });
    expect(await subject.settlementOf(delivered(1))).not.toHaveProperty('park');
    expect(await subject.settlementOf(delivered(2))).not.toHaveProperty('deadLetter');
    expect(seen).toEqual([1, 2]);
  });

  it('parks its key under park-key: the later ones in hand are set aside without running, other keys go on', async () => {
    const { subject, seen } = handling({ onFailure: 'park-key', invoke: (_, n) => n === 1 && failing() });
    const [first, second, other] = [delivered(1), delivered(2), delivered(3, { key: 'other' })] as const;
    expect(await subject.settlementOf(first)).toEqual({
      delivery: first,
      deadLetter: aside('failed', 'Error', 1),
      park: true,
    });
    expect(await subject.settlementOf(second)).toEqual({
      delivery: second,
      deadLetter: aside('parked', 'EB_PARKED', 0),
      park: true,
    });
    expect(await subject.settlementOf(other)).toEqual({ delivery: other });
    expect(seen).toEqual([1, 3]);
    expect(subject.counts).toEqual({ handled: 1, skipped: 0, deadLetters: 2, erased: 0 });
  });

  it('parks its key under park-key also when it cannot be read, where its key can', async () => {
    const { subject, seen } = handling({ onFailure: 'park-key' });
    const malformed = new BackboneError('EB_FIELDS_LOST', 'gone');
    expect(await subject.settlementOf(delivered(1, { malformed }))).toMatchObject({ park: true });
    expect(await subject.settlementOf(delivered(2))).toMatchObject({ deadLetter: { kind: 'parked' }, park: true });
    const nameless = delivered(3, { message: undefined, malformed });
    expect(await subject.settlementOf(nameless)).not.toHaveProperty('park');
    expect(seen).toEqual([]);
  });

  it('parks nothing when this build does not know its type', async () => {
    const { subject, seen } = handling({ onFailure: 'park-key' });
    const settlement = await subject.settlementOf(delivered(1, { type: 'new.v1' }));
    expect(settlement).toMatchObject({ deadLetter: { kind: 'unknown' } });
    expect(settlement).not.toHaveProperty('park');
    expect(await subject.settlementOf(delivered(2))).not.toHaveProperty('deadLetter');
    expect(seen).toEqual([2]);
  });

  it('runs again when it was redriven, and parks its key again when it fails again', async () => {
    const { subject, seen } = handling({ onFailure: 'park-key', invoke: failing });
    await subject.settlementOf(delivered(1));
    const [first, second] = [1, 2].map((n) => delivered(n, { past: past({ redriven: true }) })) as [Delivery, Delivery];
    for (const each of [first, second]) subject.parked?.onDelivery(each);
    expect(await subject.settlementOf(first)).toMatchObject({ deadLetter: { kind: 'failed' }, park: true });
    expect(await subject.settlementOf(second)).toMatchObject({ deadLetter: { kind: 'parked' }, park: true });
    expect(seen).toEqual([1, 1]);
  });

  it.each<[string, Partial<Delivery>, unknown]>([
    ['its handler threw', {}, bad],
    ['it cannot be read', { malformed: new BackboneError('EB_FIELDS_LOST', 'x') }, { code: 'EB_FIELDS_LOST' }],
    ['it crashed too often', { past: past({ crashes: 10 }) }, { code: 'EB_CRASHED' }],
  ])('stays where it is under stop, and its error is told: %s', async (_, more, error) => {
    const { subject, stops } = handling({ onFailure: 'stop', invoke: failing });
    expect(await subject.settlementOf(delivered(1, more))).toBeUndefined();
    expect(stops).toMatchObject([[error, 'e-1']]);
    expect(subject.counts).toEqual({ handled: 0, skipped: 0, deadLetters: 0, erased: 0 });
  });
});

describe('a handler with manual ack', () => {
  it('has its event settled when it says so, not when it returns', async () => {
    let context: ConsumeContext | undefined;
    const { subject } = handling({ ack: 'manual', invoke: (its) => void (context = its) });
    let settled = false;
    const delivery = delivered(1);
    const settlement = Promise.resolve(subject.settlementOf(delivery)).finally(() => (settled = true));
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    context?.ack();
    expect(await settlement).toEqual({ delivery });
    expect(subject.counts.handled).toBe(1);
  });

  it('fails its event with what it says', async () => {
    const { subject } = handling({ ack: 'manual', invoke: (context) => void setImmediate(() => context.fail(bad)) });
    expect(await subject.settlementOf(delivered(1))).toMatchObject({ deadLetter: { error: 'Error: bad' } });
  });

  it.each<[string, (scene: ReturnType<typeof handling>, delivery: Delivery) => void]>([
    ['its consumer stops', ({ stopping }) => stopping.abort()],
    ['another consumer has the event', ({ subject }, delivery) => subject.lose([delivery])],
    ['its time is over', ({ subject }) => subject.abort('time is over')],
  ])('is waited for no longer when %s; the event is handed out again', async (_, end) => {
    const scene = handling({ ack: 'manual' });
    const delivery = delivered(1);
    const settlement = scene.subject.settlementOf(delivery);
    await new Promise(setImmediate);
    end(scene, delivery);
    expect(await settlement).toBeUndefined();
    expect(scene.subject.counts).toEqual({ handled: 0, skipped: 0, deadLetters: 0, erased: 0 });
  });

  it('is the only one that may say so: without it, ack() is a failure with a remedy', async () => {
    const { subject } = handling({ invoke: (context) => context.ack() });
    expect(await subject.settlementOf(delivered(1))).toMatchObject({ deadLetter: { code: 'EB_HANDLER' } });
  });
});
