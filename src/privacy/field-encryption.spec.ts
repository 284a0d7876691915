import { createDecipheriv, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  BackboneError,
  ContractEvent,
  describeContract,
  erasureMessage,
  EventsContract,
  Field,
  jsonCodec,
  NO_HEADERS,
  Personal,
  Stored,
  type Message,
} from '../core/index.js';
import { memoryPayloadStore } from '../memory/index.js';
import { fieldEncryption, type FieldEncryptionOptions } from './field-encryption.js';
import { KeyRing } from './key-ring.js';
import { Pseudonyms } from './pseudonyms.js';
import { parseSealed } from './sealed-field.js';

const stream = { environment: 'test', contract: 'orders' };
const pseudonyms = new Pseudonyms('a secret of the test');
const WRAPPING = { current: 'k1', keys: { k1: Buffer.alloc(32, 1) } };

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(
    @Personal({ of: ({ user }: { user: string }) => user }) user: string,
    note: string,
    @Stored({ encrypted: true }) price: number,
    @Field({ type: () => String }) @Personal() comment: string,
  ) {
    return { user, note, price, comment };
  }
}

function message(fields: Message['fields'], more: Partial<Message> = {}): Message {
  return {
    ...{ id: randomUUID(), source: 'test', type: 'placed.v1', time: 1, key: 'k', correlationId: 'c' },
    ...{ contentType: 'application/json', headers: NO_HEADERS, fields, personal: ['user', 'comment'] },
    dataSubjects: { user: 'ada' },
    ...more,
  };
}

function setUp(options: Partial<FieldEncryptionOptions> = {}) {
  const store = memoryPayloadStore();
  const ring = new KeyRing({ store, wrapping: WRAPPING });
  const contracts = () => [describeContract(Orders)];
  const encryption = fieldEncryption({ ring, pseudonyms, contracts, ...options });
  return {
    ...{ store, ring, encryption },
    out: async (one: Message) => (await encryption.outward(stream, [one]))[0] as Message,
    back: async (one: Message, fields?: readonly string[]) => (await encryption.inward(stream, [one], fields))[0],
  };
}

const sealedIn = (one: Message, field: string) => parseSealed(one.fields[field]);

describe('the encryption of fields', () => {
  it('brings text and bytes back as they were', async () => {
    const { out, back } = setUp();
    const comment = Uint8Array.from({ length: 256 }, (_, i) => i);
    const sent = message({ user: '"Ada é\u{1F600}"', note: '"n"', comment });
    const stored = await out(sent);
    expect(Buffer.from(stored.fields['user'] as Uint8Array).toString('latin1')).not.toContain('Ada');
    const read = (await back(stored)) as Message;
    expect(read.fields['user']).toBe('"Ada é\u{1F600}"');
    expect(Buffer.from(read.fields['comment'] as Uint8Array)).toEqual(Buffer.from(comment));
    expect(read).not.toHaveProperty('erased');
  });

  it('leaves other fields and the messages themselves as they are', async () => {
    const { out, back } = setUp();
    const reference = { store: 'large', size: 3 };
    const sent = message({ user: '"Ada"', note: '"n"', comment: reference });
    const stored = await out(sent);
    expect(stored.fields).toMatchObject({ note: '"n"', comment: reference });
    expect(sent.fields).toMatchObject({ user: '"Ada"' });
    const plain = message({ user: '"in the clear"', note: '"\\u0000"' });
    expect(await back(plain)).toBe(plain);
  });

  it('uses the key of the person, the key of the event where there is nobody, and encrypts what asks for it', async () => {
    const { out } = setUp();
    const sent = message({ user: '"Ada"', note: '"n"', price: '7', comment: '"c"' });
    const stored = await out(sent);
    const ofEvent = pseudonyms.ofEvent(stream, sent.id);
    expect(sealedIn(stored, 'user')?.pseudonym).toBe(pseudonyms.ofSubject('', 'ada'));
    expect(sealedIn(stored, 'comment')?.pseudonym).toBe(ofEvent);
    expect(sealedIn(stored, 'price')?.pseudonym).toBe(ofEvent);
    expect(sealedIn(stored, 'note')).toBeUndefined();
  });

  it('asks for the tenant, and gives the same person another key in each', async () => {
    const { out } = setUp({ tenant: ({ headers }) => headers['tenant'] ?? '' });
    const keyIds = await Promise.all(
      ['a', 'b', 'a'].map(
        async (tenant) => sealedIn(await out(message({ user: '"Ada"' }, { headers: { tenant } })), 'user')?.keyId,
      ),
    );
    expect(keyIds[0]).toBe(keyIds[2]);
    expect(keyIds[0]).not.toBe(keyIds[1]);
  });

  it('stores nothing when the tenant cannot be told', async () => {
    const failing = setUp({
      tenant: () => {
        throw new Error('canary');
      },
    });
    await expect(failing.out(message({ user: '"Ada"' }))).rejects.toMatchObject({
      code: 'EB_ARGUMENT',
      message: expect.not.stringContaining('canary') as string,
    });
    const none = setUp({ tenant: () => undefined as never });
    await expect(none.out(message({ user: '"Ada"' }))).rejects.toMatchObject({ code: 'EB_ARGUMENT' });
  });

  it('never writes the same twice', async () => {
    const { out } = setUp();
    const sent = message({ user: '"Ada"' });
    const [one, two] = [await out(sent), await out(sent)];
    expect(Buffer.from(one.fields['user'] as Uint8Array)).not.toEqual(Buffer.from(two.fields['user'] as Uint8Array));
  });

  it('is what anybody can undo who has the key', async () => {
    const { out, ring } = setUp();
    const sent = message({ user: '"Ada"' });
    const bytes = Buffer.from((await out(sent)).fields['user'] as Uint8Array);
    const key = ring.cached(pseudonyms.ofSubject('', 'ada'))?.key;
    const decipher = createDecipheriv('aes-256-gcm', key as NonNullable<typeof key>, bytes.subarray(54, 66));
    decipher.setAAD(Buffer.from(`orders\n${sent.id}\nuser\ntext`));
    decipher.setAuthTag(bytes.subarray(66, 82));
    expect(Buffer.concat([decipher.update(bytes.subarray(82)), decipher.final()]).toString()).toBe('"Ada"');
    expect([...bytes.subarray(0, 6)]).toEqual([0x00, 0x65, 0x62, 0xe5, 1, 0]);
  });

  it('decrypts only what is wanted', async () => {
    const { out, back } = setUp();
    const stored = await out(message({ user: '"Ada"', comment: '"c"' }));
    const read = (await back(stored, ['comment'])) as Message;
    expect(read.fields['comment']).toBe('"c"');
    expect(sealedIn(read, 'user')).toBeDefined();
  });

  it('does both at once when all keys are at hand', async () => {
    const { encryption, out } = setUp();
    const sent = message({ user: '"Ada"' });
    const stored = await out(sent);
    expect(encryption.outward(stream, [sent])).toBeInstanceOf(Array);
    expect(encryption.inward(stream, [stored])).toBeInstanceOf(Array);
  });

  it('names what was erased, and keeps the rest of the event', async () => {
    const { out, back, ring } = setUp();
    const stored = await out(message({ user: '"Ada"', note: '"n"', comment: '"c"' }));
    const keyId = sealedIn(stored, 'user')?.keyId ?? '';
    await ring.erase({ pseudonym: pseudonyms.ofSubject('', 'ada'), keyId });
    const read = (await back(stored)) as Message;
    expect(read.erased).toEqual(['user']);
    expect({ ...read.fields }).toEqual({ note: '"n"', comment: '"c"' });
  });

  it.each([
    ['its last byte', (bytes: Buffer) => bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)],
    ['its tag', (bytes: Buffer) => bytes.writeUInt8((bytes[70] ?? 0) ^ 1, 70)],
    ['whether it is text', (bytes: Buffer) => bytes.writeUInt8(1, 5)],
    ['its version', (bytes: Buffer) => bytes.writeUInt8(9, 4)],
  ])('sets an event aside when somebody changes %s', async (_, change) => {
    const { out, back } = setUp();
    const stored = await out(message({ user: '"Ada"' }));
    const bytes = Buffer.from(stored.fields['user'] as Uint8Array);
    change(bytes);
    expect(await back({ ...stored, fields: { user: bytes } })).toMatchObject({ code: 'EB_TAMPERED' });
  });

  it('sets an event aside when a field is cut off or comes from elsewhere', async () => {
    const { out, back } = setUp();
    const stored = await out(message({ user: '"Ada"', comment: '"c"' }));
    const user = stored.fields['user'] as Uint8Array;
    for (const forged of [
      { ...stored, fields: { user: user.subarray(0, 40) } },
      { ...stored, fields: { comment: user } },
      { ...stored, id: 'another' },
    ]) {
      const read = await back(forged);
      expect(read).toBeInstanceOf(BackboneError);
      expect(read).toMatchObject({ code: 'EB_TAMPERED' });
    }
  });

  it('sets an event aside although the key of another field must be asked for first', async () => {
    const { out, back, ring } = setUp();
    const stored = await out(message({ user: '"Ada"', comment: '"c"' }));
    const comment = (stored.fields['comment'] as Uint8Array).subarray(0, 40);
    ring.forget();
    expect(await back({ ...stored, fields: { ...stored.fields, comment } })).toMatchObject({ code: 'EB_TAMPERED' });
  });

  it('sets one event aside and brings the others of its batch back', async () => {
    const { out, encryption } = setUp();
    const good = await out(message({ user: '"Ada"' }));
    const bad = { ...good, id: 'another' };
    const read = await encryption.inward(stream, [bad, good]);
    expect(read).toMatchObject([{ code: 'EB_TAMPERED' }, { fields: { user: '"Ada"' } }]);
  });

  it('asks again while the key store is away, and appends nothing', async () => {
    const { out, encryption, ring, store } = setUp();
    const stored = await out(message({ user: '"Ada"' }));
    await store.close();
    ring.forget();
    await expect(encryption.inward(stream, [stored])).rejects.toMatchObject({ code: 'EB_CLOSED' });
    const away = new KeyRing({
      store: { ...memoryPayloadStore(), put: () => Promise.reject(new Error('away')) },
      wrapping: WRAPPING,
    });
    const other = fieldEncryption({ ring: away, pseudonyms });
    await expect(other.outward(stream, [message({ user: '"Ada"' })])).rejects.toMatchObject({ code: 'EB_NOT_STORED' });
  });

  it('can be told to read only', async () => {
    const { out, ring } = setUp();
    const stored = await out(message({ user: '"Ada"' }));
    const reading = fieldEncryption({ ring, pseudonyms, encrypt: false });
    const sent = message({ user: '"Ada"' });
    expect(await reading.outward(stream, [sent])).toEqual([sent]);
    expect(await reading.inward(stream, [stored])).toMatchObject([{ fields: { user: '"Ada"' } }]);
  });

  it('forgets the key of whom an $erased event names, and of nobody else', async () => {
    const { out, back, ring } = setUp();
    await out(message({ user: '"Ada"' }));
    await out(message({ user: '"Bob"' }, { dataSubjects: { user: 'bob' } }));
    const subject = pseudonyms.ofSubject('', 'ada');
    const erasure = { subject, events: ['1'], fields: ['user'], time: 1 };
    await back(erasureMessage(describeContract(Orders), { key: 'k', erasure, codec: jsonCodec, source: 'test' }));
    expect(ring.cached(subject)).toBeUndefined();
    expect(ring.cached(pseudonyms.ofSubject('', 'bob'))).toBeDefined();
  });

  it('forgets it also where the arguments of the $erased event were not fetched, and everybody if it names nobody', async () => {
    const { out, back, ring } = setUp();
    await out(message({ user: '"Ada"' }));
    await out(message({ user: '"Bob"' }, { dataSubjects: { user: 'bob' } }));
    const [ada, bob] = ['ada', 'bob'].map((subject) => pseudonyms.ofSubject('', subject)) as [string, string];
    const erasure = { subject: ada, events: ['1'], fields: ['user'], time: 1 };
    const about = { key: 'k', erasure, codec: jsonCodec, source: 'test' };
    const told = { ...erasureMessage(describeContract(Orders), about), fields: {} };
    await back(told);
    expect([ring.cached(ada), ring.cached(bob) === undefined]).toEqual([undefined, false]);
    await back({ ...told, headers: NO_HEADERS });
    expect(ring.cached(bob)).toBeUndefined();
  });

  it('refuses what was encrypted elsewhere, since nobody would ever decrypt it twice', async () => {
    const { out } = setUp();
    const sealed = await out(message({ user: '"Ada"' }));
    const refused = { code: 'EB_ARGUMENT', details: { path: 'user' } };
    await expect(out(sealed)).rejects.toMatchObject(refused);
    const cut = (sealed.fields['user'] as Uint8Array).subarray(0, 20);
    await expect(out(message({ user: cut }))).rejects.toMatchObject(refused);
  });
});
