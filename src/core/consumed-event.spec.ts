import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Delivery, DeliveryPast } from './delivery.js';
import { ConsumedEvent, type ConsumedFrom } from './consumed-event.js';
import { ContractEvent, EventsContract } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import type { EventDefinition } from './event-definition.js';
import { BackboneError } from './errors.js';
import { jsonCodec } from './json-codec.js';
import type { Place } from './lanes.js';
import { NO_HEADERS, type Message } from './message.js';

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(n: number) {
    return { n };
  }
}

interface SetUp {
  readonly contentType?: string;
  readonly past?: DeliveryPast;
  readonly record?: ConsumedFrom['record'];
  readonly place?: Place;
}

function consumed({ contentType = 'application/json', past, record, place }: SetUp = {}): ConsumedEvent {
  const message: Message = {
    ...{ id: 'e-1', source: 'shop', type: 'placed.v1', time: 5, key: 'k', correlationId: 'e-1', headers: NO_HEADERS },
    ...{ contentType, fields: { n: '7' }, personal: [] },
  };
  const delivery = { position: { partition: 0, id: '1' }, appendedAt: 6, deliveries: 1, message, past };
  const from = {
    channel: memoryChannel(),
    stream: { environment: 'test', contract: 'orders' },
    group: 'transit',
    codec: jsonCodec,
    stopping: new AbortController().signal,
    record,
  };
  const event = describeContract(Orders).byMethod.get('placed') as EventDefinition;
  return new ConsumedEvent(event, delivery, message, from, place);
}

describe('the arguments of a consumed event', () => {
  it('are new ones for each try, whatever the last try did to them', () => {
    const event = consumed();
    event.args[0] = 'changed by the handler';
    event.attempt += 1;
    expect(event.args).toEqual([7]);
  });

  it('stay what a middleware has made of them', () => {
    const event = consumed();
    event.args = [8];
    event.attempt += 1;
    expect(event.args).toEqual([8]);
  });

  it('are refused in another content type than the codec reads, with both types named', () => {
    expect(() => consumed({ contentType: 'application/msgpack' }).args).toThrow(
      /EB_UNDECODABLE.*application\/msgpack, this consumer reads application\/json/,
    );
  });
});

describe('the attempts of a consumed event', () => {
  it('begin at one, and behind the failures before a restart', () => {
    expect(consumed()).toMatchObject({ attempt: 1, failures: 0 });
    const past = { failures: 2, crashes: 5, redriven: false };
    expect(consumed({ past })).toMatchObject({ attempt: 3, failures: 2 });
  });

  it('are counted at once, and told to the channel', async () => {
    const told: [Delivery, string][] = [];
    const event = consumed({ record: async (delivery, what) => void told.push([delivery, what]) });
    const recorded = event.recordFailure();
    expect(event.failures).toBe(1);
    await recorded;
    expect(told).toMatchObject([[{ position: { id: '1' } }, 'failure']]);
  });

  it('are counted in this process where the channel remembers nothing', async () => {
    const event = consumed();
    await event.recordFailure();
    expect(event.failures).toBe(1);
  });

  it('are not told once another consumer has the event', async () => {
    const told: string[] = [];
    const event = consumed({ record: async (_, what) => void told.push(what) });
    event.abort(new BackboneError('EB_LEASE_LOST', 'gone'));
    await event.recordFailure();
    expect(told).toEqual([]);
  });

  it('each begin with the handler not completed', () => {
    const event = consumed();
    event.completed = true;
    event.attempt += 1;
    expect(event.completed).toBe(false);
  });
});

describe('the signal of a consumed event', () => {
  const late = new BackboneError('EB_TIMEOUT', 'late');
  const gone = new BackboneError('EB_LEASE_LOST', 'gone');

  it.each(['asked for before', 'asked for after'])('fires for one try only, %s', (when) => {
    const event = consumed();
    const before = when === 'asked for before' ? event.signal : undefined;
    event.abortAttempt(late);
    expect(event.signal.reason).toBe(late);
    expect(before?.reason).toBe(before && late);
    expect(event.aborted).toBe(false);
    event.attempt += 1;
    expect(event.signal.aborted).toBe(false);
  });

  it('stays the same one for tries that it did not end', () => {
    const event = consumed();
    const { signal } = event;
    event.attempt += 1;
    expect(event.signal).toBe(signal);
  });

  it('has fired for every later try once the event is gone', () => {
    const event = consumed();
    event.abortAttempt(late);
    event.abort(gone);
    event.attempt += 1;
    expect(event.signal.reason).toBe(gone);
    event.attempt += 1;
    expect(event.signal.reason).toBe(gone);
  });
});

describe('a consumed event that rests', () => {
  it('rests its place, and only waits where it has none', async () => {
    const rests: string[] = [];
    const place: Place = { rest: (work) => (rests.push('rests'), work()) };
    await expect(consumed({ place }).rest(async () => 1)).resolves.toBe(1);
    await expect(consumed().rest(async () => 2)).resolves.toBe(2);
    expect(rests).toEqual(['rests']);
  });
});

describe('ack() and fail()', () => {
  it.each<[string, (event: ConsumedEvent) => void]>([
    ['ack', (event) => event.ack()],
    ['fail', (event) => event.fail(new Error('x'))],
  ])('say what to do where the handler does not acknowledge by itself: %s', (name, call) => {
    const refusal = new RegExp(`EB_HANDLER: ${name}\\(\\) is for handlers with \`ack: 'manual'\``);
    expect(() => call(consumed())).toThrow(refusal);
  });

  it('end the run of a handler that does', async () => {
    const event = consumed();
    const acked = event.acknowledged(() => undefined);
    event.ack();
    await expect(acked).resolves.toBeUndefined();
    const failed = event.acknowledged(() => event.fail(new Error('bad')));
    await expect(failed).rejects.toThrow('bad');
  });

  it('are not waited for once the event is skipped', async () => {
    const event = consumed();
    const skipped = event.acknowledged(() => undefined);
    event.skip();
    await expect(skipped).resolves.toBeUndefined();
  });
});
