import { describe, expect, it } from 'vitest';
import { ConsumedEvent } from './consumed-event.js';
import type { ContractClass } from './contract.js';
import { ContractEvent, EventsContract, Key } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import type { EventDefinition } from './event-definition.js';
import { eventMetadata, type ProduceOverrides } from './event-metadata.js';
import { currentEvent, runWithEvent } from './event-run.js';
import { jsonCodec } from './json-codec.js';
import { memoryChannel } from '../memory/index.js';
import { NO_FIELDS, NO_HEADERS, type Message } from './message.js';

class User {
  declare readonly id: string;
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(note: string) {
    return { note };
  }

  @ContractEvent()
  paid(@Key() order: string, note: string) {
    return { order, note };
  }

  @ContractEvent()
  rated(@Key((user: User) => user.id) user: User) {
    return { user };
  }
}

const CANARY = 'canary';

function eventOf(cls: ContractClass, method: string): EventDefinition {
  const found = describeContract(cls).byMethod.get(method);
  if (!found) throw new Error(`no event ${method}`);
  return found;
}

const metadata = (method: string, args: readonly unknown[] = [], overrides: ProduceOverrides = {}) =>
  eventMetadata(eventOf(Orders, method), args, { source: 'shop' }, overrides);

function consumed(message: Partial<Message> = {}, group = 'transit', contract = 'carts'): ConsumedEvent {
  const whole: Message = {
    id: 'cause-1',
    source: 'web',
    type: 'placed.v1',
    time: 5,
    key: 'cause-key',
    correlationId: 'first-1',
    traceparent: '00-aa-bb-01',
    tracestate: 'x=y',
    contentType: 'application/json',
    headers: NO_HEADERS,
    fields: NO_FIELDS,
    personal: [],
    ...message,
  };
  const delivery = { position: { partition: 0, id: '1' }, appendedAt: 7, deliveries: 2, message: whole };
  return new ConsumedEvent(eventOf(Orders, 'placed'), delivery, whole, {
    channel: memoryChannel(),
    stream: { environment: 'test', contract },
    group,
    codec: jsonCodec,
    stopping: new AbortController().signal,
  });
}

describe('the metadata of a first event', () => {
  it('names its type, its source and its time, and begins a chain of its own', () => {
    const before = Date.now();
    const made = metadata('placed');
    expect(made).toMatchObject({ type: 'placed.v1', source: 'shop', contentType: 'application/json', headers: {} });
    expect(made.id).toMatch(/^[\da-f-]{36}$/);
    expect(made.correlationId).toBe(made.id);
    expect([made.causationId, made.traceparent, made.tracestate]).toEqual([undefined, undefined, undefined]);
    expect(made.time).toBeGreaterThanOrEqual(before);
    expect(made.time).toBeLessThanOrEqual(Date.now());
  });

  it('has an id that no other event has', () => {
    const ids = Array.from({ length: 1_000 }, () => metadata('placed').id);
    expect(new Set(ids).size).toBe(1_000);
  });

  it('has the id that was asked for', () => {
    expect(metadata('placed', [], { eventId: 'my-id.1' })).toMatchObject({ id: 'my-id.1', correlationId: 'my-id.1' });
  });

  it.each(['', 'a b', 'a:b', '{x}', 'x'.repeat(129), '__proto__'])('cannot have the id %j', (eventId) => {
    expect(() => metadata('placed', [], { eventId })).toThrow(
      expect.objectContaining({ code: 'EB_NAME', details: { what: 'event id' } }),
    );
  });
});

describe('the key of an event', () => {
  it('is its own id when nothing else is said', () => {
    const made = metadata('placed');
    expect(made.key).toBe(made.id);
  });

  it('is the @Key argument, or what its selector takes out of it', () => {
    expect(metadata('paid', ['o-1']).key).toBe('o-1');
    expect(metadata('rated', [{ id: 'u-1' }]).key).toBe('u-1');
  });

  it.each([
    [7, '7'],
    [-0, '0'],
    [1.5, '1.5'],
    [12n, '12'],
  ])('may be the number %s', (key, text) => {
    expect(metadata('paid', [key]).key).toBe(text);
  });

  it('follows: what $with says, then @Key, then the key of the cause, then the own id', () => {
    runWithEvent(consumed(), () => {
      expect(metadata('paid', ['o-1'], { key: 'mine' }).key).toBe('mine');
      expect(metadata('placed', [], { key: 'mine' }).key).toBe('mine');
      expect(metadata('paid', ['o-1']).key).toBe('o-1');
      expect(metadata('placed').key).toBe('cause-key');
    });
    expect(metadata('paid', ['o-1'], { key: 'mine' }).key).toBe('mine');
    expect(metadata('placed', [], { eventId: 'e-1' }).key).toBe('e-1');
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['an object', { id: CANARY }],
    ['NaN', NaN],
    ['infinite', Infinity],
    ['empty', ''],
    ['longer than 512 characters', CANARY.repeat(100)],
    ['with a line break', `${CANARY}\n`],
    ['with a NUL', `${CANARY}\0`],
    ['with half of a surrogate pair', `${CANARY}\ud800`],
  ])('is refused, with the path of its argument, when that is %s', (_, key) => {
    const refusal = expect.objectContaining({
      code: 'EB_ARGUMENT',
      details: { path: 'order', constraint: 'key' },
    }) as Error;
    expect(() => metadata('paid', [key])).toThrow(refusal);
    expect(() => metadata('paid', [key])).not.toThrow(new RegExp(CANARY));
  });

  it('is refused when its selector fails on the argument', () => {
    expect(() => metadata('rated', [undefined])).toThrow(
      expect.objectContaining({ code: 'EB_ARGUMENT', details: { path: 'user', constraint: 'key' } }),
    );
  });

  it.each([
    ['empty', ''],
    ['longer than 512 characters', 'x'.repeat(513)],
    ['with a tab', 'a\tb'],
    ['with half of a surrogate pair', '\udc00'],
  ])('is refused in $with when that is %s', (_, key) => {
    expect(() => metadata('paid', ['o-1'], { key })).toThrow(
      expect.objectContaining({ code: 'EB_ARGUMENT', details: { path: 'key', constraint: 'key' } }),
    );
  });

  it('may have 512 characters, spaces and any letter', () => {
    expect(metadata('paid', ['x'.repeat(512)]).key).toHaveLength(512);
    expect(metadata('paid', ['Größe: {40} €']).key).toBe('Größe: {40} €');
  });
});

describe('an event that a handler produces', () => {
  it('continues the chain of its cause', () => {
    const made = runWithEvent(consumed(), () => metadata('placed'));
    expect(made).toMatchObject({
      correlationId: 'first-1',
      causationId: 'cause-1',
      traceparent: '00-aa-bb-01',
      tracestate: 'x=y',
      source: 'shop',
    });
  });

  it('does so across everything that the handler awaits, and nowhere else', async () => {
    const [one, two] = [consumed({ id: 'one' }), consumed({ id: 'two' })];
    const produce = async () => {
      await new Promise(setImmediate);
      await Promise.resolve();
      return metadata('placed').causationId;
    };
    await expect(Promise.all([runWithEvent(one, produce), runWithEvent(two, produce), produce()])).resolves.toEqual([
      'one',
      'two',
      undefined,
    ]);
    expect(currentEvent()).toBeUndefined();
    expect(runWithEvent(one, () => currentEvent())).toBe(one);
  });

  it('does not inherit headers, and keeps the id it was given', () => {
    const made = runWithEvent(consumed({ headers: { tenant: 'a' } }), () => metadata('placed', [], { eventId: 'e-1' }));
    expect(made).toMatchObject({ id: 'e-1', headers: {}, correlationId: 'first-1' });
  });

  it('has the same id when its handler runs a second time', () => {
    const run = () =>
      runWithEvent(consumed(), () => [metadata('placed').id, metadata('paid', ['o']).id, metadata('placed').id]);
    expect(run()).toEqual(run());
  });

  it('has an id of its own for each number, type, contract, group, cause and stream of the cause', () => {
    @EventsContract('returns')
    class Returns {
      @ContractEvent()
      placed(note: string) {
        return { note };
      }
    }
    const first = (event: ConsumedEvent) => runWithEvent(event, () => metadata('placed').id);
    const ids = [
      ...runWithEvent(consumed(), () => [metadata('placed').id, metadata('placed').id, metadata('paid', ['o']).id]),
      runWithEvent(consumed(), () => eventMetadata(eventOf(Returns, 'placed'), [], { source: 'shop' }, {}).id),
      first(consumed({ id: 'cause-2' })),
      first(consumed({}, 'reports')),
      first(consumed({}, 'transit', 'wishes')),
      runWithEvent(consumed(), () => metadata('placed').id, 'middleware'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the ids of its own try, whatever a failed try still produces in the background', async () => {
    const event = consumed();
    const expected = runWithEvent(event, () => [metadata('placed').id, metadata('placed').id]);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const straggler = runWithEvent(event, async () => {
      const before = metadata('placed').id;
      await held;
      return [before, metadata('placed').id];
    });
    const second = runWithEvent(event, async () => {
      const before = metadata('placed').id;
      release();
      await straggler;
      return [before, metadata('placed').id];
    });
    await expect(second).resolves.toEqual(expected);
    await expect(straggler).resolves.toEqual(expected);
  });
});

describe('headers', () => {
  it('of a copied event can be passed on, without what marks the copy', () => {
    const headers = {
      tenant: 'a',
      'eb-origin': 'prod/orders/e-1',
      'eb-linked': 'e-1',
      'eb-trail': 'prod/orders,x/orders',
    };
    expect(metadata('placed', [], { headers }).headers).toEqual({ tenant: 'a' });
  });

  it('travel as they are', () => {
    const headers = { tenant: 'a b:c', 'x-y.z_1': '' };
    expect(metadata('placed', [], { headers }).headers).toEqual(headers);
  });

  it('are a copy that inherits nothing', () => {
    const headers = { tenant: 'a' };
    const made = metadata('placed', [], { headers });
    headers.tenant = 'b';
    expect(made.headers['tenant']).toBe('a');
    expect(Object.getPrototypeOf(made.headers)).toBeNull();
  });

  it.each(['', 'a b', 'a:b', 'constructor', 'größe'])('with the name %j are refused', (name) => {
    expect(() => metadata('placed', [], { headers: { [name]: CANARY } })).toThrow(
      expect.objectContaining({
        code: 'EB_ARGUMENT',
        details: { path: `headers.${name.slice(0, 60)}`, constraint: 'header' },
      }),
    );
  });

  it('that are no text are refused without being quoted', () => {
    const headers = { tenant: { name: CANARY } } as unknown as Record<string, string>;
    const run = () => metadata('placed', [], { headers });
    expect(run).toThrow(
      expect.objectContaining({ code: 'EB_ARGUMENT', details: { path: 'headers.tenant', constraint: 'header' } }),
    );
    expect(run).not.toThrow(new RegExp(CANARY));
  });

  it('may have 16 KiB in all, and not a character more', () => {
    const fits = { a: 'x'.repeat(16_383) };
    expect(metadata('placed', [], { headers: fits }).headers).toEqual(fits);
    expect(() => metadata('placed', [], { headers: { ...fits, b: '' } })).toThrow(
      expect.objectContaining({ code: 'EB_TOO_LARGE', details: { path: 'headers', size: 16_385, limit: 16_384 } }),
    );
  });
});
