import { expect, it } from 'vitest';
import {
  ContractEvent,
  describeContract,
  EventsContract,
  jsonCodec,
  NO_HEADERS,
  Personal,
  transformedChannel,
  type Channel,
  type Message,
  type PayloadStore,
} from '../core/index.js';
import { memoryChannel, memoryPayloadStore } from '../memory/index.js';
import { ErasureJournal } from './erasure-journal.js';
import { Privacy } from './privacy.js';
import { Pseudonyms } from './pseudonyms.js';
import { SubjectIndex } from './subject-index.js';

@EventsContract('letters')
class Letters {
  @ContractEvent()
  wrote(person: string, @Personal({ of: ({ person }: { person: string }) => person }) text: string) {
    return { person, text };
  }
}

const stream = { environment: 'test', contract: 'letters' };
const pseudonyms = new Pseudonyms('a secret of the test');
const codec = jsonCodec;

/** Notes how much each call hands over. */
function setUp() {
  const most = { erased: 0, published: 0, put: 0, removed: 0 };
  const note = (what: keyof typeof most, size: number) => (most[what] = Math.max(most[what], size));
  const inner = memoryPayloadStore();
  const store: PayloadStore = {
    put: (entries, options) => (note('put', entries.length), inner.put(entries, options)),
    get: (keys) => inner.get(keys),
    erase: (keys) => (note('removed', keys.length), inner.erase(keys)),
    list: (eventId) => inner.list(eventId),
    close: () => inner.close(),
  };
  const index = new SubjectIndex(store, { pseudonyms });
  const memory = memoryChannel();
  const { admin } = memory;
  const counted: Channel = {
    ...{ supports: memory.supports, subscribe: memory.subscribe.bind(memory), read: memory.read.bind(memory) },
    close: () => memory.close(),
    publish: (to, messages, options) => (note('published', messages.length), memory.publish(to, messages, options)),
    admin: {
      ...{ deadLetters: admin.deadLetters, groups: admin.groups.bind(admin), state: admin.state.bind(admin) },
      ...{ extent: admin.extent.bind(admin), reset: admin.reset.bind(admin), trim: admin.trim.bind(admin) },
      erase: (of, ids, fields) => (note('erased', ids.length), admin.erase(of, ids, fields)),
    },
  };
  const channel = transformedChannel(counted, [index.transform]);
  const privacy = new Privacy({
    ...{ channel, stored: counted, index, pseudonyms, codec, journal: new ErasureJournal(store) },
    ...{
      contracts: () => [describeContract(Letters)],
      source: 'test',
      environment: 'test',
      encrypt: false,
      stores: {},
    },
  });
  const letter = (n: number, key: string): Message => ({
    ...{ id: `letter-${n}`, source: 'test', type: 'wrote.v1', time: 1, key, correlationId: `letter-${n}` },
    ...{ contentType: codec.contentType, headers: NO_HEADERS, personal: ['text'], dataSubjects: { text: 'ada' } },
    fields: { person: '"ada"', text: '"a Canary"' },
  });
  const letters = (count: number, keyOf: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => letter(n, keyOf(n)));
  return { channel, letters, most, privacy };
}

const LONG = { timeout: 30_000 };
const EVENTS = 1_600;

it('an erasure hands a server a little at a time, so that others have their turn', LONG, async () => {
  const { channel, letters, most, privacy } = setUp();
  await channel.publish(
    stream,
    letters(EVENTS, (n) => `key-${n}`),
  );
  Object.assign(most, { erased: 0, published: 0, put: 0, removed: 0 });
  expect(await privacy.erase('ada')).toMatchObject({ events: EVENTS, fields: EVENTS, announced: EVENTS });
  // A list of one part of the index alone holds about 25.
  expect(most).toEqual({ erased: 16, published: 32, put: 48, removed: 48 });
});

it('events of one key are announced together, a thousand at a time', LONG, async () => {
  const { channel, letters, privacy } = setUp();
  await channel.publish(
    stream,
    letters(1_001, () => 'the same'),
  );
  expect(await privacy.erase('ada')).toMatchObject({ events: 1_001, announced: 2 });
});
