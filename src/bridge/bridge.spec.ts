import { createSecretKey } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  ContractEvent,
  createProducer,
  describeContract,
  EventsContract,
  Relay,
  Stored,
  transformedChannel,
  type Channel,
  type Message,
  type RelayState,
  type Stream,
} from '../core/index.js';
import { memoryChannel } from '../memory/index.js';
import { seal } from '../privacy/sealed-field.js';
import { Bridge } from './bridge.js';
import type { BridgeOptions } from './bridge-options.js';
import { copyMark } from './copy-mark.js';
import type { BridgeEnd } from './place.js';

const DEFAULTS = { contentType: 'application/json', headers: {}, personal: [] } as const;
const orders = (environment: string): Stream => ({ environment, contract: 'orders' });

function message(id: string, like: Partial<Message> = {}): Message {
  return {
    ...{ id, source: 'shop', type: 'paid.v1', time: 1_000, key: `key-${id}`, correlationId: 'first', ...DEFAULTS },
    ...{ fields: { order: `"${id}"` } },
    ...like,
  };
}

@EventsContract('orders')
class Orders {
  @ContractEvent()
  paid(@Stored({ encrypted: true }) card: string) {
    return { card };
  }
}

async function stored({ channel, environment, contract }: BridgeEnd): Promise<readonly Message[]> {
  const found: Message[] = [];
  for await (const events of channel.read({ stream: { environment, contract } })) {
    for (const event of events) if (event.message) found.push(event.message);
  }
  return found;
}

const ids = async (end: BridgeEnd) => (await stored(end)).map(({ id }) => id);

function started<R extends Relay>(relay: R): R {
  onTestFinished(() => relay.stop(1_000));
  relay.start();
  return relay;
}

const start = (options: BridgeOptions) => started(new Bridge(options));
const settled = (relay: Relay, wanted: Partial<RelayState>) =>
  vi.waitFor(() => expect(relay.state).toMatchObject(wanted), 10_000);

/** Two servers, and an end on each. */
function twoServers(environment = 'test'): readonly [BridgeEnd, BridgeEnd] {
  return [
    { channel: memoryChannel(), server: 'one', ...orders(environment) },
    { channel: memoryChannel(), server: 'two', ...orders(environment) },
  ];
}

const publish = ({ channel, environment, contract }: BridgeEnd, ...messages: readonly Message[]) =>
  channel.publish({ environment, contract }, messages);

describe('a bridge', () => {
  it('copies events as they are, and marks them with where they come from', async () => {
    const [from, to] = twoServers();
    const sent = ['a', 'b', 'c'].map((id) => message(id, { headers: { tenant: 'x' }, personal: ['order'] }));
    await publish(from, ...sent);
    await settled(start({ from, to, batchSize: 2 }), { relayed: 3, skipped: 0, group: 'bridge-to-two.test.orders' });
    const copies = await stored(to);
    expect(copies).toMatchObject(sent.map(({ fields, ...rest }) => ({ ...rest, fields: { ...fields } })));
    const [origin, there] = [from, to].map(({ server, environment, contract }) => ({ server, environment, contract }));
    expect(copies.map(copyMark)).toEqual(
      sent.map(({ id }) => ({ origin: { ...origin, id }, linked: id, trail: [origin, there] })),
    );
  });

  it('goes from one environment to another on one channel, and goes on where it has left off', async () => {
    const channel = memoryChannel();
    const [from, to] = [
      { channel, ...orders('live') },
      { channel, ...orders('copy') },
    ];
    await publish(from, message('a'));
    const first = start({ from, to: { channel, environment: 'copy' } });
    await settled(first, { relayed: 1, target: orders('copy') });
    await first.stop(5_000);
    await publish(from, message('b'));
    await settled(start({ from, to }), { relayed: 1, duplicates: 0 });
    expect(await ids(to)).toEqual(['a', 'b']);
  });

  it('renews ids so that copying again, also by another bridge and another way, adds nothing', async () => {
    const [from, to] = twoServers();
    const between: BridgeEnd = { channel: memoryChannel(), server: 'three', ...orders('test') };
    await publish(from, message('a'), message('b'));
    await settled(start({ from, to, identity: 'renew' }), { relayed: 2, duplicates: 0 });
    await settled(start({ from, to, identity: 'renew', group: 'again' }), { relayed: 2, duplicates: 2 });
    start({ from, to: between, identity: 'renew' });
    await settled(start({ from: between, to, identity: 'renew' }), { relayed: 2, duplicates: 2 });
    const copies = await stored(to);
    expect(copies).toHaveLength(2);
    expect(copies.map(({ id }) => id)).not.toContain('a');
    expect(new Set(copies.map(({ id }) => id)).size).toBe(2);
    expect(copies.map((copy) => copyMark(copy)?.origin.id)).toEqual(['a', 'b']);
    expect(copies.map(({ key, correlationId }) => [key, correlationId])).toEqual([
      ['key-a', 'first'],
      ['key-b', 'first'],
    ]);
  });

  it('gives copies in two places ids of their own', async () => {
    const channel = memoryChannel();
    const [one, two] = [
      { channel, ...orders('one') },
      { channel, ...orders('two') },
    ];
    const from = { channel, ...orders('live') };
    await publish(from, message('a'));
    for (const to of [one, two]) await settled(start({ from, to, identity: 'renew' }), { relayed: 1 });
    expect(await ids(one)).not.toEqual(await ids(two));
  });

  it('copies only the types and events it is told to, counts the others, and fetches no fields of theirs', async () => {
    const [from, to] = twoServers();
    const seen: string[] = [];
    await publish(from, message('a'), message('b', { type: 'sent.v1' }), message('c'), message('d'));
    const where = ({ id }: Message) => seen.push(id) > 0 && id !== 'c';
    const bridge = start({ from, to, types: ['paid.v1'], where, group: 'paid' });
    await settled(bridge, { relayed: 2, skipped: 2 });
    expect(await ids(to)).toEqual(['a', 'd']);
    expect(seen).toEqual(['a', 'c', 'd']);
    expect(await bridge.caughtUp()).toEqual({ waiting: 0, deadLetters: 0 });
  });

  it('sets aside an event whose filter throws, and goes on', async () => {
    const [from, to] = twoServers();
    await publish(from, message('a'), message('b'));
    const where = ({ id }: Message) => {
      if (id === 'a') throw new Error('what is this');
      return true;
    };
    const bridge = start({ from, to, where, group: 'filtered' });
    await settled(bridge, { relayed: 1, deadLetters: 1, status: 'running' });
    expect(await bridge.caughtUp()).toEqual({ waiting: 0, deadLetters: 1 });
    expect(await ids(to)).toEqual(['b']);
  });

  it('stops, and copies nothing, when its filter gives no answer but a promise of one', async () => {
    const [from, to] = twoServers();
    await publish(from, message('a'));
    const where = (() => Promise.resolve(false)) as unknown as () => boolean;
    const bridge = start({ from, to, where, group: 'filtered' });
    await settled(bridge, { status: 'failed', deadLetters: 0 });
    expect(bridge.state.error).toMatchObject({ code: 'EB_OPTIONS' });
    expect(await ids(to)).toEqual([]);
    await expect(bridge.caughtUp()).rejects.toMatchObject({ code: 'EB_STOPPING', cause: bridge.state.error });
  });

  it('tells when it has caught up, and gives up waiting with its signal', async () => {
    const [from, to] = twoServers();
    const bridge = new Bridge({ from, to });
    await expect(bridge.caughtUp(AbortSignal.abort())).rejects.toMatchObject({ code: 'EB_STOPPING' });
    const caughtUp = started(bridge).caughtUp();
    await caughtUp;
    await publish(from, ...Array.from({ length: 500 }, (_, i) => message(`e-${i}`)));
    expect(await bridge.caughtUp()).toEqual({ waiting: 0, deadLetters: 0 });
    expect(await ids(to)).toHaveLength(500);
  });
});

describe('bridges that face each other', () => {
  it.each(['keep', 'renew'] as const)('bring each event to the other side once (identity: %s)', async (identity) => {
    const [one, two] = twoServers();
    await publish(one, message('a'), message('b'));
    await publish(two, message('c'));
    const there = start({ from: one, to: two, identity });
    const back = start({ from: two, to: one, identity });
    await settled(there, { relayed: 2, skipped: 1 });
    await settled(back, { relayed: 1, skipped: 2 });
    await publish(two, message('d'));
    await settled(there, { relayed: 2, skipped: 2 });
    for (const end of [one, two]) {
      const origins = (await stored(end)).map((each) => copyMark(each)?.origin.id ?? each.id);
      expect(origins.sort()).toEqual(['a', 'b', 'c', 'd']);
    }
  });

  it('in a ring of three bring each event to each place once, also where one says its server otherwise', async () => {
    const [one, two] = twoServers();
    const three: BridgeEnd = { channel: memoryChannel(), server: 'three', ...orders('test') };
    await publish(one, message('a'));
    const ring = [
      start({ from: one, to: two, identity: 'renew' }),
      start({ from: two, to: three, identity: 'renew' }),
      start({ from: three, to: { ...one, server: 'uno' }, identity: 'renew' }),
    ];
    // The name that was written otherwise costs one more round, and no more.
    await vi.waitFor(async () => {
      expect(await ids(one)).toHaveLength(2);
      for (const bridge of ring) expect(await bridge.caughtUp()).toEqual({ waiting: 0, deadLetters: 0 });
      expect(ring[0]?.state).toMatchObject({ relayed: 1, skipped: 1 });
    }, 10_000);
    expect([await ids(two), await ids(three)].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('copy what a handler produces with the headers of a copy, and would not if it had its marks', async () => {
    const [one, two] = twoServers();
    await publish(one, message('a'));
    await settled(start({ from: one, to: two }), { relayed: 1 });
    const [copy] = await stored(two);
    const headers = copy?.headers ?? {};
    const producer = createProducer(Orders, { channel: two.channel, environment: 'test', source: 'shop' });
    const { id } = await producer.$with({ headers }).paid('card');
    await publish(two, message('marked', { headers }));
    await settled(start({ from: two, to: one }), { relayed: 1, skipped: 2 });
    expect(await ids(one)).toEqual(['a', id]);
  });

  it('without marks would copy each other’s copies for ever', async () => {
    const [one, two] = [memoryChannel(), memoryChannel()];
    let made = 0;
    const unmarked = (from: Channel, to: Channel) => {
      // Here they come to an end, so that the test does.
      const outgoing = (each: Message) => (made < 50 ? { ...each, id: `copy-${(made += 1)}` } : undefined);
      return started(new Relay({ from, to, stream: orders('test'), outgoing }));
    };
    await one.publish(orders('test'), [message('a')]);
    const [there] = [unmarked(one, two), unmarked(two, one)];
    await vi.waitFor(() => expect(there.state.relayed).toBe(25), 10_000);
  });
});

describe('fields that are bound to their event', () => {
  const place = { contract: 'orders', eventId: 'a', field: 'name' };
  const key = { id: Buffer.alloc(16, 1).toString('base64url'), key: createSecretKey(Buffer.alloc(32, 2)) };
  const sealed = seal('"Ada"', Buffer.alloc(32, 3).toString('base64url'), key, place);

  it.each([
    ['encrypted', { name: Uint8Array.from(sealed) }],
    ['kept elsewhere', { name: { store: 'archive', size: 5 } }],
  ])('are copied as they are, and stop a bridge that would give them another id: %s', async (_, fields) => {
    const [from, to] = twoServers();
    await publish(from, message('a', { fields }), message('b'));
    const renewing = start({ from, to, identity: 'renew', group: 'renewing' });
    await settled(renewing, { status: 'failed', relayed: 0 });
    expect(renewing.state.error).toMatchObject({ code: 'EB_OPTIONS', details: { path: 'name' } });
    expect(String(renewing.state.error)).not.toContain('Ada');
    const elsewhere = start({ from, to: { ...to, contract: 'others' }, group: 'elsewhere' });
    await settled(elsewhere, { status: 'failed', relayed: 0 });
    await settled(start({ from, to }), { relayed: 2 });
    expect((await stored(to))[0]?.fields['name']).toEqual(fields.name);
  });

  it('are no others, and notices of erasures by id are not copied under other ids', async () => {
    const [from, to] = twoServers();
    const bytes = message('a', { fields: { label: Buffer.from([0, 1, 2]) } });
    await publish(from, bytes, message('b', { type: '$erased.v1' }));
    const wanted = { relayed: 1, skipped: 1 };
    await settled(start({ from, to, identity: 'renew' }), wanted);
    await settled(start({ from, to, group: 'keeping' }), { relayed: 2 });
    expect(await ids(to)).toEqual([expect.not.stringMatching(/^a$/), 'a', 'b']);
  });
});

describe('a bridge is refused', () => {
  const [one, two] = twoServers();
  const refused = (options: BridgeOptions) => () => new Bridge(options);

  it('from a stream to itself, however its channel is dressed, and by the names of servers', () => {
    const transform = { outward: (_: Stream, each: readonly Message[]) => each, inward: () => [] };
    const dressed = transformedChannel(one.channel, [transform]);
    expect(refused({ from: one, to: one })).toThrow(/EB_OPTIONS.*to itself/);
    expect(refused({ from: one, to: { ...one, channel: dressed } })).toThrow(/EB_OPTIONS.*to itself/);
    expect(refused({ from: one, to: { ...two, server: 'one' } })).toThrow(/EB_OPTIONS.*to itself/);
    expect(refused({ from: one, to: { channel: dressed, server: 'other' } })).toThrow(/EB_OPTIONS.*server/);
  });

  it('between two channels whose servers have no name', () => {
    const { server, ...unnamed } = two;
    expect(refused({ from: one, to: unnamed })).toThrow(/EB_OPTIONS.*server/);
    expect(refused({ from: unnamed, to: { channel: unnamed.channel, environment: 'copy' } })).not.toThrow();
    expect(server).toBe('two');
  });

  it('with a filter and no group of its own, with types that are none, and with what is no filter', () => {
    const contracts = [describeContract(Orders)];
    expect(refused({ from: one, to: two, types: ['paid.v1'] })).toThrow(/EB_OPTIONS.*group/);
    expect(refused({ from: one, to: two, where: () => true })).toThrow(/EB_OPTIONS.*group/);
    expect(refused({ from: one, to: two, group: 'own', types: [] })).toThrow(/EB_OPTIONS.*types/);
    expect(refused({ from: one, to: two, group: 'own', types: ['payed.v1'], contracts })).toThrow(/EB_OPTIONS.*payed/);
    expect(refused({ from: one, to: two, group: 'own', types: ['paid.v1'], contracts })).not.toThrow();
    const where = 'order = 1' as unknown as () => boolean;
    expect(refused({ from: one, to: two, group: 'own', where })).toThrow(/EB_OPTIONS.*where/);
    const identity = 'new' as 'renew';
    expect(refused({ from: one, to: two, identity })).toThrow(/EB_OPTIONS.*identity/);
  });

  it.each([
    ['environment', { environment: 'pro d' }],
    ['environment', { environment: '' }],
    ['contract', { contract: 'a/b' }],
    ['server', { server: 'redis:6379' }],
  ])('with names outside the grammar: %s', (what, like) => {
    expect(refused({ from: one, to: { ...two, ...like } })).toThrow(new RegExp(`EB_NAME.*${what}`));
  });

  it('with secret arguments that would be stored in the clear under another name', () => {
    const personal = { noted: true, encrypted: true };
    const transform = { personal, outward: (_: Stream, each: readonly Message[]) => each, inward: () => [] };
    const to = { ...two, channel: transformedChannel(two.channel, [transform]) };
    const contracts = [describeContract(Orders)];
    expect(refused({ from: one, to: { ...to, contract: 'others' }, contracts })).toThrow(/EB_OPTIONS.*encrypted/);
    expect(refused({ from: one, to, contracts })).not.toThrow();
    expect(refused({ from: one, to })).toThrow(/EB_OPTIONS.*contracts/);
  });
});
