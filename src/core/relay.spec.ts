import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import type { Stream } from './stream.js';
import { ContractEvent, EventsContract, Personal } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { BackboneError, type ErrorCode } from './errors.js';
import type { PersonalCare } from './field-transform.js';
import { DEFAULT_CONTENT_TYPE, type Message } from './message.js';
import { Relay } from './relay.js';
import type { RelayOptions } from './relay-options.js';
import type { RelayState } from './relay-state.js';
import { transformedChannel } from './transformed-channel.js';

const STREAM: Stream = { environment: 'test', contract: 'orders' };
const TARGET: Stream = { environment: 'elsewhere', contract: 'orders' };

function message(id: string, like: Partial<Message> = {}): Message {
  return {
    ...{
      id,
      source: 'shop',
      type: 'paid.v1',
      time: 1_000,
      key: `key-${id}`,
      correlationId: 'first',
      causationId: 'cause',
    },
    ...{ contentType: DEFAULT_CONTENT_TYPE, headers: { tenant: 'a' }, fields: { order: `"${id}"` }, personal: [] },
    ...like,
  };
}

async function stored(channel: Channel, stream = TARGET): Promise<readonly (Message | undefined)[]> {
  const found: (Message | undefined)[] = [];
  for await (const events of channel.read({ stream })) found.push(...events.map((event) => event.message));
  return found;
}

const ids = async (channel: Channel) => (await stored(channel)).map((each) => each?.id);

/** A channel whose appends fail as long as `refusal` gives a code. */
function refusing(channel: Channel, refusal: (messages: readonly Message[]) => ErrorCode | undefined): Channel {
  return {
    ...{ supports: channel.supports, admin: channel.admin },
    read: (options) => channel.read(options),
    subscribe: (options) => channel.subscribe(options),
    close: () => channel.close(),
    publish: (stream, messages, options) => {
      const code = refusal(messages);
      return code ? Promise.reject(new BackboneError(code, 'refused')) : channel.publish(stream, messages, options);
    },
  };
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(@Personal({ of: ({ name }: { name: string }) => name.toLowerCase() }) name: string, order: string) {
    return { name, order };
  }
}

const placed = (id: string, name = 'Ada') =>
  message(id, { type: 'placed.v1', fields: { name: `"${name}"`, order: `"${id}"` }, personal: ['name'] });

/** A channel that does something for people, and how it was told of them. */
function caring(channel: Channel, care: PersonalCare) {
  const told: Record<string, Message['dataSubjects']> = {};
  const outer = transformedChannel(channel, [
    {
      personal: care,
      outward: (_, messages) => {
        for (const { id, dataSubjects } of messages) told[id] = dataSubjects;
        return messages;
      },
      inward: (_, messages) => messages,
    },
  ]);
  // In another one, as a connection may have several.
  return { told, to: transformedChannel(outer, [{ outward: (_, each) => each, inward: (_, each) => each }]) };
}

function start(options: Pick<RelayOptions, 'from' | 'to'> & Partial<RelayOptions>): Relay {
  const relay = new Relay({ stream: STREAM, target: TARGET, ...options });
  onTestFinished(() => relay.stop(1_000));
  relay.start();
  return relay;
}

const settled = (relay: Relay, wanted: Partial<RelayState>) =>
  vi.waitFor(() => expect(relay.state).toMatchObject(wanted), 5_000);

const pending = async (from: Channel) => (await from.admin.state(STREAM, 'relay'))?.pending;

describe('a relay', () => {
  it('copies events as they are, in their order, and settles them', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    const sent = ['a', 'b', 'c'].map((id) => message(id, { fields: { order: id, name: 'Ada' }, personal: ['name'] }));
    await from.publish(STREAM, sent);
    const relay = start({ from, to, batchSize: 2 });
    await settled(relay, { relayed: 3, duplicates: 0, deadLetters: 0, status: 'running' });
    const asRead = (all: readonly (Message | undefined)[]) => JSON.stringify(all);
    expect(asRead(await stored(to))).toBe(asRead(await stored(from, STREAM)));
    await vi.waitFor(async () => expect(await pending(from)).toBe(0));
  });

  it('waits for a target that is away, says so, and loses nothing', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    let away = true;
    const relay = start({ from, to: refusing(to, () => (away ? 'EB_OUTCOME_UNKNOWN' : undefined)) });
    await from.publish(
      STREAM,
      ['a', 'b'].map((id) => message(id)),
    );
    await settled(relay, { status: 'waiting', relayed: 0 });
    expect(String(relay.state.error)).toContain('EB_OUTCOME_UNKNOWN');
    expect(await pending(from)).toBe(2);
    away = false;
    await settled(relay, { status: 'running', relayed: 2, error: undefined });
    expect(await ids(to)).toEqual(['a', 'b']);
  });

  it('tells how much is left, what was set aside apart, and nothing before it has begun', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(
      STREAM,
      ['bad', 'b', 'c'].map((id) => message(id)),
    );
    let away = true;
    const refusal = (messages: readonly Message[]) => {
      if (messages.some(({ id }) => id === 'bad')) return 'EB_TOO_LARGE';
      return away ? 'EB_NOT_STORED' : undefined;
    };
    const relay = new Relay({ from, to: refusing(to, refusal), stream: STREAM, target: TARGET, batchSize: 1 });
    onTestFinished(() => relay.stop(1_000));
    expect(await relay.progress()).toEqual({ waiting: undefined, deadLetters: 0 });
    relay.start();
    await settled(relay, { status: 'waiting', deadLetters: 1 });
    expect(await relay.progress()).toEqual({ waiting: 2, deadLetters: 1 });
    away = false;
    await vi.waitFor(async () => expect(await relay.progress()).toEqual({ waiting: 0, deadLetters: 1 }), 5_000);
  });

  it('sends what it is told to make of each event, and passes over the others', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(
      STREAM,
      ['a', 'b', 'c'].map((id) => message(id, id === 'b' ? { type: 'sent.v1' } : {})),
    );
    const outgoing = (each: Message) => (each.id === 'a' ? undefined : { ...each, id: `${each.id}-copy` });
    await settled(start({ from, to, types: ['paid.v1'], outgoing }), { relayed: 1, skipped: 2, deadLetters: 0 });
    expect(await ids(to)).toEqual(['c-copy']);
    await vi.waitFor(async () => expect(await pending(from)).toBe(0));
  });

  it('stops at once while the target is away, and the next one goes on', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(STREAM, [message('a')]);
    const relay = start({ from, to: refusing(to, () => 'EB_NOT_STORED') });
    await settled(relay, { status: 'waiting' });
    await relay.stop(60_000);
    expect(relay.state.status).toBe('stopped');
    await settled(start({ from, to }), { relayed: 1 });
    expect(await ids(to)).toEqual(['a']);
  });

  it('that settled first, as one might write it, would lose what was under way when it ended', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(STREAM, [message('a')]);
    const subscription = from.subscribe({ stream: STREAM, group: 'relay' });
    for await (const { deliveries } of subscription) {
      await subscription.settle(deliveries.map((delivery) => ({ delivery })));
      break;
    }
    await subscription.close();
    await from.publish(STREAM, [message('b')]);
    await settled(start({ from, to }), { relayed: 1 });
    expect(await ids(to)).toEqual(['b']);
  });

  it('stores nothing twice when it sends again what has arrived', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(
      STREAM,
      ['a', 'b'].map((id) => message(id)),
    );
    await to.publish(TARGET, [message('a')]);
    await settled(start({ from, to }), { relayed: 2, duplicates: 1 });
    expect(await ids(to)).toEqual(['a', 'b']);
  });

  it.each(['EB_TOO_LARGE', 'EB_NAME'] as const)(
    'sets aside what the target can never store (%s), and nothing else',
    async (code) => {
      const [from, to] = [memoryChannel(), memoryChannel()];
      await from.publish(
        STREAM,
        ['a', 'bad', 'c'].map((id) => message(id, { key: 'one' })),
      );
      const isBad = (messages: readonly Message[]) => messages.some(({ id }) => id === 'bad');
      await settled(start({ from, to: refusing(to, (messages) => (isBad(messages) ? code : undefined)) }), {
        ...{ relayed: 2, deadLetters: 1, status: 'running' },
      });
      expect(await ids(to)).toEqual(['a', 'c']);
      await vi.waitFor(async () => {
        const letters = await from.admin.deadLetters.list(STREAM, 'relay');
        expect(letters).toMatchObject([{ eventId: 'bad', code, kind: 'failed', attempts: 1 }]);
      });
    },
  );

  it('sends one by one what is too much at once', async () => {
    const [from, to] = [memoryChannel(), memoryChannel()];
    await from.publish(
      STREAM,
      ['a', 'b', 'c'].map((id) => message(id)),
    );
    const tooMuch = refusing(to, ({ length }) => (length > 1 ? 'EB_BACKPRESSURE' : undefined));
    await settled(start({ from, to: tooMuch }), { relayed: 3 });
    expect(await ids(to)).toEqual(['a', 'b', 'c']);
  });

  it('takes no personal data to where it cannot be erased', async () => {
    const [from, memory] = [memoryChannel(), memoryChannel()];
    const to: Channel = { ...refusing(memory, () => undefined), supports: { ...memory.supports, erase: false } };
    await from.publish(STREAM, [message('a'), message('b', { fields: { name: 'Ada' }, personal: ['name'] })]);
    const relay = start({ from, to, batchSize: 1 });
    await settled(relay, { status: 'failed' });
    expect(relay.state.error).toMatchObject({ code: 'EB_UNSUPPORTED', details: { missing: ['erase'] } });
    expect(await ids(memory)).toEqual(['a']);
    await settled(start({ from, to: memory }), { relayed: 1 });
  });

  it('takes personal data to where it cannot be erased if it is encrypted on its way', async () => {
    const [from, memory] = [memoryChannel(), memoryChannel()];
    const record: Channel = { ...refusing(memory, () => undefined), supports: { ...memory.supports, erase: false } };
    await from.publish(STREAM, [placed('a')]);
    const { to } = caring(record, { noted: true, encrypted: true });
    await settled(start({ from, to, contracts: [describeContract(Orders)] }), { relayed: 1 });
    expect(await ids(memory)).toEqual(['a']);
  });

  it('tells whose data an event holds where that is noted, and copies it unread elsewhere', async () => {
    const [from, there] = [memoryChannel(), memoryChannel()];
    const torn = message('torn', { type: 'placed.v1', fields: { name: 'torn' }, personal: ['name'] });
    await from.publish(STREAM, [placed('a'), torn, placed('b', 'Bob')]);
    const contracts = [describeContract(Orders)];
    const { to, told } = caring(there, { noted: true, encrypted: false });
    await settled(start({ from, to, contracts }), { relayed: 2, deadLetters: 1 });
    expect(told).toEqual({ a: { name: 'ada' }, b: { name: 'bob' } });
    const plain = caring(memoryChannel(), { noted: false, encrypted: false });
    await settled(start({ from, to: plain.to, contracts, group: 'other' }), { relayed: 3, deadLetters: 0 });
    expect(plain.told).toEqual({ a: undefined, b: undefined, torn: undefined });
  });

  it('sets aside what holds data of nobody knows whom where that is noted, once, and goes on', async () => {
    const [from, there] = [memoryChannel(), memoryChannel()];
    await from.publish(STREAM, [{ ...placed('later'), type: 'placed.v2' }, message('plain'), placed('a')]);
    const { to } = caring(there, { noted: true, encrypted: false });
    const relay = start({ from, to, contracts: [describeContract(Orders)], batchSize: 1 });
    await settled(relay, { relayed: 2, deadLetters: 1, status: 'running' });
    expect(await ids(there)).toEqual(['plain', 'a']);
    await from.publish(STREAM, [placed('b')]);
    await settled(relay, { relayed: 3, deadLetters: 1 });
    await vi.waitFor(async () => {
      const letters = await from.admin.deadLetters.list(STREAM, 'relay');
      expect(letters).toMatchObject([{ eventId: 'later', code: 'EB_ARGUMENT' }]);
    });
  });

  it('is refused where it would be noted whose data events hold, and no contract tells', () => {
    const from = memoryChannel();
    const { to } = caring(memoryChannel(), { noted: true, encrypted: false });
    const relay = (more: Partial<RelayOptions>) => () => new Relay({ from, to, stream: STREAM, ...more });
    expect(relay({})).toThrow(/EB_OPTIONS.*contracts/);
    const contracts = [describeContract(Orders)];
    expect(relay({ contracts, stream: { ...STREAM, contract: 'others' } })).toThrow(/EB_OPTIONS.*"others"/);
    expect(relay({ contracts })).not.toThrow();
  });

  it('is refused from a stream to itself, and with names or numbers that make no sense', () => {
    const from = memoryChannel();
    const refused = (more: Partial<RelayOptions>) => () => new Relay({ from, to: from, stream: STREAM, ...more });
    expect(refused({})).toThrow('EB_OPTIONS');
    expect(refused({ to: caring(from, { noted: false, encrypted: false }).to })).toThrow('EB_OPTIONS');
    expect(refused({ target: TARGET, types: [] })).toThrow('EB_OPTIONS');
    expect(refused({ target: TARGET })).not.toThrow();
    expect(refused({ target: TARGET, batchSize: 0 })).toThrow('EB_OPTIONS');
    expect(refused({ target: TARGET, group: 'a b' })).toThrow('EB_NAME');
    expect(refused({ target: { ...TARGET, contract: '' } })).toThrow('EB_NAME');
  });
});
