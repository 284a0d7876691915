import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { Delivery } from './delivery.js';
import type { SubscribeOptions } from './subscription.js';
import { DIAGNOSTICS, type ChannelDiagnostic } from './diagnostics.js';
import { BackboneError } from './errors.js';
import type { FieldTransform } from './field-transform.js';
import { DEFAULT_CONTENT_TYPE, type Message } from './message.js';
import { transformedChannel } from './transformed-channel.js';

const stream = { environment: 'test', contract: 'orders' };
const WITHIN = { timeout: 20_000 };

function message(id: string, type = 'paid.v1'): Message {
  return {
    ...{ id, source: 'shop', type, time: 1_000, key: `key-${id}`, correlationId: id, fields: { order: id } },
    ...{ contentType: DEFAULT_CONTENT_TYPE, headers: {}, personal: [] },
  };
}

/** A memory channel with events, and one around it whose fields are restored by `inward`. */
async function wrapped(inward: FieldTransform['inward'], ...messages: readonly Message[]) {
  const memory = memoryChannel();
  const channel = transformedChannel(memory, [{ outward: (_, each) => each, inward }]);
  await memory.publish(stream, messages);
  onTestFinished(() => channel.close());
  return { memory, channel };
}

function consume(channel: Channel, options: Partial<SubscribeOptions> = {}) {
  const subscription = channel.subscribe({ stream, group: 'group', ...options });
  const iterator = subscription[Symbol.asyncIterator]();
  const next = async (): Promise<readonly Delivery[]> => {
    const result = await iterator.next();
    return result.done === true ? [] : result.value.deliveries;
  };
  return { subscription, iterator, next };
}

function heard(channel: Channel): readonly ChannelDiagnostic[] {
  const all: ChannelDiagnostic[] = [];
  const listen = (event: unknown) => {
    if ((event as ChannelDiagnostic).channel === channel) all.push(event as ChannelDiagnostic);
  };
  subscribe(DIAGNOSTICS.channel, listen);
  onTestFinished(() => void unsubscribe(DIAGNOSTICS.channel, listen));
  return all;
}

/** Restores nothing until it is told to; `asked` says how often it was. */
function held() {
  let goOn: () => void = () => undefined;
  const going = new Promise<void>((resolve) => (goOn = resolve));
  const asked = { times: 0 };
  const inward: FieldTransform['inward'] = async (_, messages) => {
    asked.times += 1;
    await going;
    return messages;
  };
  return { inward, goOn: () => goOn(), asked };
}

const shout: FieldTransform['inward'] = (_, messages) =>
  Promise.resolve(messages.map((each) => ({ ...each, fields: { order: `${each.fields['order'] as string}!` } })));

/** Fails so many times before it shouts. */
function failing(times: number): FieldTransform['inward'] {
  let left = times;
  return (...args) => {
    left -= 1;
    return left < 0 ? shout(...args) : Promise.reject(new Error('the store is away; password=hunter2'));
  };
}

describe('a consumer of a transformed channel', () => {
  it('shows the transforms what was erased although nobody handles it, and nothing else of that kind', async () => {
    const shown: string[] = [];
    const inward: FieldTransform['inward'] = (_, messages) => {
      shown.push(...messages.map(({ type }) => type));
      return messages;
    };
    const { channel } = await wrapped(inward, message('1', 'other.v1'), message('2', '$erased.v1'), message('3'));
    const { next, subscription } = consume(channel, { types: ['paid.v1'] });
    const deliveries = await next();
    expect(deliveries.map(({ fieldsOmitted = false }) => fieldsOmitted)).toEqual([true, true, false]);
    expect(shown).toEqual(['$erased.v1', 'paid.v1']);
    await subscription.close();
  });

  it('waits until fields can be restored, says so once, and loses nothing', async () => {
    const { memory, channel } = await wrapped(failing(3), message('1'), message('2'));
    const told = heard(memory);
    const { subscription, next } = consume(channel);
    const deliveries = await next();
    expect(deliveries.map((each) => [each.message?.fields, each.malformed])).toEqual([
      [{ order: '1!' }, undefined],
      [{ order: '2!' }, undefined],
    ]);
    expect(told.map(({ kind, stream: of, group }) => ({ kind, of, group }))).toEqual([
      { kind: 'waiting', of: stream, group: 'group' },
      { kind: 'ready', of: stream, group: 'group' },
    ]);
    expect(told[0]?.reason).toBe('fields cannot be restored: the store is away; password=***');
    expect(await subscription.settle(deliveries.map((delivery) => ({ delivery })))).toEqual([]);
    expect(await memory.admin.state(stream, 'group')).toMatchObject({ pending: 0, deadLetters: 0, lag: 0 });
  });

  it('gets an event that can never be read as malformed, and the others of its batch', async () => {
    const gone = new BackboneError('EB_FIELDS_LOST', 'gone');
    const inward: FieldTransform['inward'] = (_, messages) => messages.map((each) => (each.id === '2' ? gone : each));
    const { channel } = await wrapped(inward, message('1'), message('2'), message('3'));
    const deliveries = await consume(channel).next();
    expect(deliveries.map(({ message: of, malformed }) => [of?.id, malformed])).toEqual([
      ['1', undefined],
      ['2', gone],
      ['3', undefined],
    ]);
  });

  it('is closed at once while fields are being restored, and what it had read comes to the next one', async () => {
    const { inward, asked } = held();
    const { memory, channel } = await wrapped(inward, message('1'));
    const { subscription, next } = consume(channel);
    const batch = next();
    await vi.waitFor(() => expect(asked.times).toBe(1), WITHIN);
    await subscription.close();
    expect(await batch).toEqual([]);
    expect((await consume(memory).next()).map((each) => each.message?.id)).toEqual(['1']);
  });

  it('leaves at once while fields are being restored, and while it waits to ask again', async () => {
    const { inward, asked } = held();
    for (const never of [inward, () => Promise.reject(new Error(`away ${(asked.times += 1)}`))]) {
      asked.times = 0;
      const { channel } = await wrapped(never, message('1'));
      const { iterator, next } = consume(channel);
      const batch = next();
      await vi.waitFor(() => expect(asked.times).toBeGreaterThan(0), WITHIN);
      await iterator.return?.();
      expect(await batch).toEqual([]);
    }
  });

  it('is not handed what was lost before it had seen it, and not told of it', async () => {
    const { inward, goOn, asked } = held();
    const { memory, channel } = await wrapped(inward, message('1'));
    const lost: Delivery[] = [];
    const { subscription, next } = consume(channel, { onLost: (deliveries) => lost.push(...deliveries) });
    const batch = next();
    await vi.waitFor(() => expect(asked.times).toBe(1), WITHIN);
    await memory.admin.reset(stream, 'group', 'beginning');
    goOn();
    let deliveries = await batch;
    if (deliveries.length === 0) deliveries = await next();
    expect([deliveries.map((each) => each.deliveries), lost]).toEqual([[1], []]);
    expect(await subscription.settle(deliveries.map((delivery) => ({ delivery })))).toEqual([]);
    await memory.publish(stream, [message('2')]);
    const seen = await next();
    await memory.admin.reset(stream, 'group', 'beginning');
    expect(lost).toEqual(seen);
  });

  it('has no transform asked for the fields of types that it does not handle', async () => {
    const asked: string[] = [];
    const inward: FieldTransform['inward'] = (_, messages) => {
      asked.push(...messages.map(({ id }) => id));
      return messages;
    };
    const { channel } = await wrapped(inward, message('1'), message('2', 'other.v1'), message('3'));
    expect(await consume(channel, { types: ['paid.v1'] }).next()).toHaveLength(3);
    expect(asked).toEqual(['1', '3']);
  });
});

describe('a reader of a transformed channel', () => {
  it('is told when fields cannot be restored now', async () => {
    const { channel } = await wrapped(failing(1), message('1'));
    const first = channel.read({ stream })[Symbol.asyncIterator]();
    await expect(first.next()).rejects.toThrow('the store is away');
    const again = channel.read({ stream })[Symbol.asyncIterator]();
    expect((await again.next()).value).toMatchObject([{ message: { fields: { order: '1!' } } }]);
  });

  it('that follows waits until they can', async () => {
    const { memory, channel } = await wrapped(failing(2), message('1'));
    const told = heard(memory);
    const end = new AbortController();
    for await (const events of channel.read({ stream, follow: end.signal })) {
      expect(events).toMatchObject([{ message: { fields: { order: '1!' } } }]);
      end.abort();
    }
    expect(told.map(({ kind }) => kind)).toEqual(['waiting', 'ready']);
  });

  it('that follows ends when its signal fires, whether or not they can', async () => {
    const { inward, asked } = held();
    const { channel } = await wrapped(inward, message('1'));
    const end = new AbortController();
    const next = channel.read({ stream, follow: end.signal })[Symbol.asyncIterator]().next();
    await vi.waitFor(() => expect(asked.times).toBe(1), WITHIN);
    end.abort();
    expect((await next).done).toBe(true);
  });

  it('names the fields that it wants to the transforms, too', async () => {
    const wanted: unknown[] = [];
    const inward: FieldTransform['inward'] = (_, messages, fields) => {
      wanted.push(fields);
      return messages;
    };
    const { channel } = await wrapped(inward, message('1'));
    for await (const events of channel.read({ stream, fields: ['order'] })) expect(events).toHaveLength(1);
    for await (const events of channel.read({ stream })) expect(events).toHaveLength(1);
    expect(wanted).toEqual([['order'], undefined]);
  });
});
