import { describe, expect, it } from 'vitest';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  jsonCodec,
  NO_HEADERS,
  Personal,
  Stored,
  transformedChannel,
  type Channel,
  type Message,
} from '../core/index.js';
import { memoryChannel, memoryPayloadStore } from '../memory/index.js';
import { ErasureJournal } from './erasure-journal.js';
import { fieldEncryption } from './field-encryption.js';
import { KeyRing } from './key-ring.js';
import { Privacy } from './privacy.js';
import { Pseudonyms } from './pseudonyms.js';
import { SubjectIndex } from './subject-index.js';

@EventsContract('offers')
class Offers {
  @ContractEvent()
  offered(@Personal() request: string, @Stored({ encrypted: true }) price: number) {
    return { request, price };
  }
}

@EventsContract('parcels')
class Parcels {
  @ContractEvent()
  sent(weight: number) {
    return { weight };
  }
}

const stream = { environment: 'test', contract: 'offers' };
const pseudonyms = new Pseudonyms('a secret of the test');
const codec = jsonCodec;

async function setUp() {
  const memory = memoryChannel();
  const store = memoryPayloadStore();
  const ring = new KeyRing({ store, wrapping: { current: 'k1', keys: { k1: Buffer.alloc(32, 1) } } });
  const contracts = () => [describeContract(Offers)];
  const encryption = fieldEncryption({ ring, pseudonyms, contracts });
  const channel = transformedChannel(memory, [encryption]);
  const index = new SubjectIndex(store, { pseudonyms });
  const journal = new ErasureJournal(store);
  const parts = { index, journal, ring, contracts, pseudonyms, codec, source: 'test', environment: 'test' };
  const message: Message = {
    ...{ id: 'one', source: 'test', type: 'offered.v1', time: 1, key: 'k', correlationId: 'one' },
    ...{ contentType: codec.contentType, headers: NO_HEADERS, personal: ['request'] },
    fields: { request: '"a Canary"', price: '7' },
  };
  await channel.publish(stream, [message]);
  const messages = async () => {
    const found: Message[] = [];
    for await (const events of memory.read({ stream })) found.push(...events.flatMap((event) => event.message ?? []));
    return found;
  };
  return {
    ...{ channel, journal, store, messages },
    /** The service of an application with this channel. */
    privacy: (over: Channel = channel, known = contracts) =>
      new Privacy({ ...parts, contracts: known, channel: over, stored: memory, encrypt: true, stores: {} }),
    told: async () => (await messages()).filter(({ type }) => type === '$erased.v1').map(erasureOf),
  };
}

function erasureOf({ fields }: Message): unknown {
  const { erasure } = fields;
  return typeof erasure === 'string' ? JSON.parse(erasure) : undefined;
}

/** A channel that is cut off when fields are to be erased, or when it is to be announced. */
function cut(channel: Channel, where: 'erase' | 'publish'): Channel {
  const off = () => Promise.reject(new Error('the power is off'));
  const { admin } = channel;
  return {
    ...{ supports: channel.supports, subscribe: channel.subscribe.bind(channel), read: channel.read.bind(channel) },
    close: () => channel.close(),
    publish: where === 'publish' ? off : (...given) => channel.publish(...given),
    admin: {
      ...{ deadLetters: admin.deadLetters, groups: admin.groups.bind(admin), state: admin.state.bind(admin) },
      ...{ extent: admin.extent.bind(admin), reset: admin.reset.bind(admin), trim: admin.trim.bind(admin) },
      erase: where === 'erase' ? off : (...given) => admin.erase(...given),
    },
  };
}

const ERASED = { events: ['one'], fields: ['price', 'request'] };

describe.each(['erase', 'publish'] as const)('the erasure of an event that was cut off at %s', (where) => {
  it('is finished by resuming', async () => {
    const { channel, journal, messages, privacy, told } = await setUp();
    await expect(privacy(cut(channel, where)).eraseEvent(Offers, 'one')).rejects.toThrow('the power is off');
    expect(await told()).toEqual([]);
    expect(await privacy().resume()).toBe(1);
    expect((await messages())[0]?.fields).toEqual({});
    expect(await told()).toEqual([expect.objectContaining(ERASED)]);
    expect(await journal.open()).toEqual([]);
    expect((await privacy().audit()).findings).toEqual([]);
  });

  it('is finished by calling it again, and tells of the fields that were gone by then', async () => {
    const { channel, journal, messages, privacy, told } = await setUp();
    await expect(privacy(cut(channel, where)).eraseEvent(Offers, 'one')).rejects.toThrow('the power is off');
    expect(await privacy().eraseEvent(Offers, 'one')).toBe(true);
    expect((await messages())[0]?.fields).toEqual({});
    expect(await told()).toEqual([expect.objectContaining(ERASED)]);
    expect(await journal.open()).toEqual([]);
  });

  it('is forgotten where nothing remembers that it has begun', async () => {
    const { channel, messages, privacy, store, told } = await setUp();
    await expect(privacy(cut(channel, where)).eraseEvent(Offers, 'one')).rejects.toThrow('the power is off');
    await store.erase(await store.list('erasures'));
    expect(await privacy().resume()).toBe(0);
    expect(Object.keys((await messages())[0]?.fields ?? {})).toHaveLength(where === 'erase' ? 2 : 0);
    expect(await told()).toEqual([]);
  });

  it('is left alone by an application that does not know the contract', async () => {
    const { channel, privacy, told } = await setUp();
    await expect(privacy(cut(channel, where)).eraseEvent(Offers, 'one')).rejects.toThrow('the power is off');
    expect(await privacy(channel, () => [describeContract(Parcels)]).resume()).toBe(0);
    expect(await told()).toEqual([]);
    expect(await privacy().resume()).toBe(1);
    expect(await told()).toHaveLength(1);
  });
});

it('the erasure of an event names no person', async () => {
  const { privacy, told } = await setUp();
  await privacy().eraseEvent(Offers, 'one');
  expect(await told()).toEqual([{ ...ERASED, time: expect.any(Number) as number }]);
});

it('a contract that no module of the application has is told of its erased event, too', async () => {
  const { channel, privacy, told } = await setUp();
  expect(await privacy(channel, () => [describeContract(Parcels)]).eraseEvent(Offers, 'one')).toBe(true);
  expect(await told()).toEqual([expect.objectContaining(ERASED)]);
});
