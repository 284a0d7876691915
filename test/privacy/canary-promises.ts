import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { KeyWrapper, PrivacyOptions } from 'nest-event-backbone';
import type { PayloadStore, ReadEvent, Stream } from 'nest-event-backbone/core';
import { expect, it, vi } from 'vitest';
import { KeyRing, Pseudonyms } from '../../src/privacy/index.js';
import type { Guest } from './canary-hotel.js';
import { canary, Hotel, saidBy, startHotel, type HotelParts } from './canary-hotel.js';
import { allOf, search, text, type Place, type Sought } from './canary-search.js';
import { everything, SECRET, textOf, WRAPPING } from './start-visits.js';

/** The servers of one test file, which belong to it alone. */
export interface Ground {
  /** Opens everything anew, apart from other environments: an application closes what it was given. */
  readonly open: (environment: string) => HotelParts;
  /** Where data keys and the index of data subjects are. */
  readonly store: (environment: string) => PayloadStore;
  /** What the servers answer when they are asked for everything they have. */
  readonly live: () => AsyncIterable<Place>;
  /** What they have written to their disks. */
  readonly disk: () => AsyncIterable<Place>;
  /** Ends the servers and brings them back with what they have kept. */
  readonly restart: () => Promise<void>;
}

const LONG = { timeout: 20_000 };
const BOB: Guest = { name: 'Bob Sparrow', email: 'bob@example.org' };

/** Declares that personal data which is encrypted is nowhere in the clear, and what happens without. */
export function encryptedPromises(ground: Ground): void {
  it('a person whose data is encrypted is in no place at any time, and no key that opens it', async () => {
    const { guest, about, sought } = canary();
    const environment = `hotel-${randomUUID()}`;
    const start = () => startOn(ground, environment, (store) => ({ keys: { store, wrapping: WRAPPING } }));
    const everywhere = (extra: string) => allOf(ground.live(), ground.disk(), [text('what was said', extra)]);

    const first = await start();
    await lifeOf(first, guest, about);
    await expectRefusal(first.hotel.booked({ name: guest.name, email: `no address of ${guest.email}` }, 1), sought);
    await first.app.close();
    const { dataKeys, records } = await keysOf(ground.store(environment), [guest, BOB]);
    const [ofGuest = {}, ofBob = {}] = records;
    const secrets = { ...sought, ...dataKeys };
    await ground.restart();

    const second = await start();
    await failAgain(second);
    expect(textOf(await everything(second.backbone.channel, streamIn(environment)))).toContain(sought.name);
    const letters = async () => inspect(await second.letters.list(Hotel), { depth: 10 });
    const before = [saidBy(first.log), saidBy(second.log), await letters()].join('\n');
    expect(before).toContain('cannot be pleased');
    expect(await search(everywhere(before), secrets)).toEqual([]);
    expect((await second.privacy.audit()).findings).toEqual([]);

    expect(await second.privacy.erase(guest.email)).toMatchObject({ events: 3, fields: 4, keys: 1 });
    await vi.waitFor(() => expect(second.log.erasures.length).toBeGreaterThan(0), LONG);
    const left = await everything(second.backbone.channel, streamIn(environment));
    expect(textOf(left)).not.toContain(sought.name);
    expect(textOf(left)).toContain(BOB.name);
    expect(await second.privacy.export(guest.email)).toEqual([]);
    expect((await second.privacy.audit()).findings).toEqual([]);
    const after = [saidBy(second.log), inspect(second.log.erasures), await letters()].join('\n');
    await second.app.close();
    expect(await search(everywhere(after), secrets)).toEqual([]);
    // Not even wrapped is the key of the one guest still there, as that of the other is.
    expect(await search(ground.live(), ofGuest)).toEqual([]);
    expect(await search(ground.live(), ofBob)).not.toEqual([]);
    // A disk forgets later: what the key store has written, and the wrapping key, must not get to one person together.
    expect(await search(ground.disk(), ofGuest)).not.toEqual([]);
  }, 90_000);

  it('the same search finds a person who is stored in the clear, and a data key that is not wrapped', async () => {
    const { guest, sought } = canary();
    const wrapping = new OpenWrapping();
    const environment = `hotel-${randomUUID()}`;
    const parts = ground.open(environment);
    const { hotel, app, log, privacy } = await startHotel(parts, environment, {
      privacy: { secret: SECRET, keys: { store: ground.store(environment), wrapping } },
    });
    await hotel.booked(guest, 3);
    await vi.waitFor(() => expect(log.guests).toHaveLength(1), LONG);
    const [{ message } = {}] = await everything(parts.channel, streamIn(environment));
    if (!message) throw new Error('there is no event');
    const fields = { guest: JSON.stringify(guest), nights: '1' };
    await parts.channel.publish(streamIn(environment), [{ ...message, id: 'leak', fields, personal: [] }]);
    const { findings } = await privacy.audit();
    expect(findings).toMatchObject([{ kind: 'clear', eventId: 'leak', field: 'guest', where: 'stream' }]);
    await app.close();
    for (const places of [ground.live, ground.disk]) {
      const found = (await search(places(), { ...sought, ...wrapping.dataKeys })).join('\n');
      for (const name of [...Object.keys(sought), 'data key 1']) expect(found).toContain(`${name} in `);
    }
  }, 60_000);
}

/** Declares what an erasure is where nothing is encrypted. `plant` puts a field back past the library. */
export function plainPromises(
  ground: Ground,
  plant: (event: {
    readonly stream: Stream;
    readonly id: string;
    readonly field: string;
    readonly value: string;
  }) => Promise<void>,
): void {
  it('a person whose data is not encrypted is found before an erasure, and in nothing that lives after it', async () => {
    const { guest, about, sought } = canary();
    const environment = `hotel-${randomUUID()}`;
    const stream = streamIn(environment);
    const started = await startOn(ground, environment, (store) => ({ index: store }));
    const { app, log, letters, backbone, privacy } = started;
    await lifeOf(started, guest, about);
    const found = (await search(ground.live(), sought)).join('\n');
    for (const name of Object.keys(sought)) expect(found).toContain(`${name} in `);
    const said = async () => saidBy(log) + inspect(await letters.list(Hotel), { depth: 10 });
    expect(await search(allOf([text('what was said', await said())]), sought)).toEqual([]);

    expect(await privacy.erase(guest.email)).toMatchObject({ events: 3, fields: 4, keys: 0 });
    await vi.waitFor(() => expect(log.erasures.length).toBeGreaterThan(0), LONG);
    expect(await search(allOf(ground.live(), [text('what was said', await said())]), sought)).toEqual([]);
    // As docs/privacy.md says: logs, and whatever is made of them, remember.
    expect(await search(ground.disk(), sought)).not.toEqual([]);
    const left = await everything(backbone.channel, stream);
    expect(textOf(left)).toContain(BOB.name);
    expect((await privacy.audit()).findings).toEqual([]);

    const id = idOf(left, 'booked.v1');
    await plant({ stream, id, field: 'guest', value: JSON.stringify(guest) });
    const { findings } = await privacy.audit();
    expect(findings).toMatchObject([{ kind: 'erased', eventId: id, field: 'guest' }]);
    expect(await search(allOf([text('the findings', inspect(findings))]), sought)).toEqual([]);
    await app.close();
  }, 60_000);
}

type Started = Awaited<ReturnType<typeof startHotel>>;

async function startOn(
  ground: Ground,
  environment: string,
  privacy: (store: PayloadStore) => Omit<PrivacyOptions, 'secret'>,
): Promise<Started> {
  const own = { secret: SECRET, ...privacy(ground.store(environment)) };
  return startHotel(ground.open(environment), environment, { privacy: own });
}

/** Everything that happens to a guest, and to another one. */
async function lifeOf({ hotel, log, letters, projections }: Started, guest: Guest, about: string): Promise<void> {
  await hotel.booked(guest, 3);
  const { position } = await hotel.booked(BOB, 2);
  await hotel.complained(guest, about);
  await vi.waitFor(() => expect([...log.confirmed].sort()).toEqual([BOB.email, guest.email].sort()), LONG);
  await vi.waitFor(async () => expect(await letters.list(Hotel)).toMatchObject([{ attempts: 2 }]), LONG);
  await projections.waitFor('nights', position, { timeoutMs: LONG.timeout });
}

/** A dead letter that is handed out again, and fails as before. */
async function failAgain({ letters, log }: Started): Promise<void> {
  const ids = (await letters.list(Hotel)).map(({ id }) => id);
  expect(await letters.redrive(Hotel, ids)).toBe(1);
  await vi.waitFor(() => expect(log.logged.join('\n')).toContain('set aside complained.v1'), LONG);
  await vi.waitFor(async () => expect(await letters.list(Hotel)).toHaveLength(1), LONG);
}

/** What a producer's caller is told. */
async function expectRefusal(call: Promise<unknown>, sought: Sought): Promise<void> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'EB_VALIDATION' });
  expect(await search(allOf([text('the refusal', inspect(error, { depth: 10 }))]), sought)).toEqual([]);
}

function streamIn(environment: string): Stream {
  return { environment, contract: 'hotel' };
}

function idOf(events: readonly ReadEvent[], type: string): string {
  const event = events.find(({ message }) => message?.type === type && message.erased?.length);
  return event?.message?.id ?? '';
}

/** What the key store holds of guests: the keys that open their data, and what it has made of them. */
async function keysOf(store: PayloadStore, guests: readonly Guest[]) {
  const ring = new KeyRing({ store, wrapping: WRAPPING });
  const dataKeys: Uint8Array[] = [];
  const records: Sought[] = [];
  for (const { email } of guests) {
    const field = new Pseudonyms(SECRET).ofSubject('', email);
    const [record] = await store.get([{ eventId: `keys.${field.slice(0, 2)}`, field }]);
    const key = (await ring.forWriting([field])).get(field);
    if (!record || !key) throw new Error('a guest has no key');
    dataKeys.push(key.key.export());
    records.push({ record });
  }
  await store.close();
  return { dataKeys: numbered('data key', dataKeys), records };
}

/** Wraps nothing. */
class OpenWrapping implements KeyWrapper {
  readonly #seen: Uint8Array[] = [];

  wrap(dataKey: Uint8Array): Promise<Uint8Array> {
    this.#seen.push(Uint8Array.from(dataKey));
    return Promise.resolve(dataKey);
  }

  unwrap(wrapped: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(wrapped);
  }

  get dataKeys(): Sought {
    return numbered('data key', this.#seen);
  }
}

function numbered(name: string, values: readonly Uint8Array[]): Sought {
  return Object.fromEntries(values.map((value, i) => [`${name} ${i + 1}`, value]));
}
