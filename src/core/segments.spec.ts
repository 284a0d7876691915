import { describe, expect, it } from 'vitest';
import { ContractEvent, EventsContract, Field, Personal, type Segments } from './contract-decorators.js';
import { describeContract } from './contract-definition.js';
import { ERASED } from './erased.js';
import { decodeArguments, encodeArguments, lacksErased } from './event-arguments.js';
import type { EventDefinition } from './event-definition.js';
import { jsonCodec } from './json-codec.js';
import type { Fields, Message } from './message.js';

class User {
  declare readonly name: string;
  declare readonly email: string;
}

interface Parts {
  readonly public: { readonly name: string };
  readonly contact: { readonly email: string } | undefined;
}

const CANARY = 'canary@example.org';
const ADA = Object.assign(new User(), { name: 'Ada', email: CANARY });

function placed(segments: Partial<Segments<User, Parts>> = {}): EventDefinition {
  @EventsContract('orders')
  class Orders {
    @ContractEvent()
    placed(
      @Personal()
      @Field({
        segments: {
          split: ({ name, email }: User): Parts => ({ public: { name }, contact: email ? { email } : undefined }),
          join: ({ public: known, contact }) => ({ name: known?.name ?? '', email: contact?.email ?? 'erased' }),
          personal: ['contact'],
          ...segments,
        },
      })
      user: User,
      count: number,
    ) {
      return { user, count };
    }
  }
  return describeContract(Orders).byMethod.get('placed') as EventDefinition;
}

const encode = (user: unknown, event = placed()) => encodeArguments(event, [user, 3], jsonCodec);
const decode = (fields: Fields, erased?: readonly string[], event = placed()) =>
  decodeArguments(event, { type: event.type, fields, erased }, jsonCodec);
const PUBLIC = { 'user.public': '{"name":"Ada"}', count: '3' };

function refusal(run: () => unknown): { readonly error: unknown; readonly text: string } {
  try {
    run();
  } catch (error) {
    return { error, text: `${String((error as Error).stack)} ${JSON.stringify(error)}` };
  }
  throw new Error('nothing was thrown');
}

describe('an argument with segments', () => {
  it('is a field for each part, and comes back as one argument of its type', () => {
    const fields = encode(ADA);
    expect(Object.entries(fields)).toEqual([
      ['user.public', '{"name":"Ada"}'],
      ['user.contact', `{"email":"${CANARY}"}`],
      ['count', '3'],
    ]);
    const [user, count] = decode(fields);
    expect(user).toBeInstanceOf(User);
    expect([user, count]).toEqual([ADA, 3]);
  });

  it('has no field for a part that is undefined', () => {
    expect(Object.keys(encode({ name: 'Ada', email: '' }))).toEqual(['user.public', 'count']);
  });

  it('that is null, or undefined, is so on the other side', () => {
    expect(decode(encode(null))).toEqual([null, 3]);
    expect(decode(encode(undefined))).toEqual([undefined, 3]);
  });

  it('is made of what is left when a part of it was erased', () => {
    expect(decode(PUBLIC, ['user.contact'])[0]).toEqual({ name: 'Ada', email: 'erased' });
    expect(
      lacksErased(
        placed(),
        { type: 'placed.v1', fields: PUBLIC, erased: ['user.contact'] } as unknown as Message,
        jsonCodec,
      ),
    ).toBe(false);
  });

  it('is erased when nothing of it is left', () => {
    const erased = ['user.contact', 'user.public'];
    expect(decode({ count: '3' }, erased)).toEqual([ERASED, 3]);
    expect(lacksErased(placed(), { type: 'placed.v1', fields: {}, erased } as unknown as Message, jsonCodec)).toBe(
      true,
    );
  });

  it('never takes an erased part that is still there', () => {
    const fields = { ...PUBLIC, 'user.contact': `{"email":"${CANARY}"}` };
    expect(decode(fields, ['user.contact'])[0]).toEqual({ name: 'Ada', email: 'erased' });
  });

  it('of another type than the contract says is refused before it is taken apart', () => {
    expect(refusal(() => encode('Ada')).error).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'user' } });
  });

  it.each<[string, () => unknown]>([
    ['throws', () => expect.fail(CANARY)],
    ['gives no object', () => CANARY],
    ['gives a promise', () => Promise.resolve({ public: CANARY })],
    ['gives no part', () => ({})],
    ['gives a part without a valid name', () => ({ [CANARY]: 1 })],
  ])('whose split %s is refused without its value', (_, split) => {
    const { error, text } = refusal(() => encode({ name: 'Ada' }, placed({ split: split as never })));
    expect(error).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'user', constraint: 'segments' } });
    expect(text).not.toContain(CANARY);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => expect.fail(CANARY)],
    ['gives no object', () => CANARY],
  ])('whose join %s cannot be decoded, and the error is without its value', (_, join) => {
    const { error, text } = refusal(() => decode(PUBLIC, [], placed({ join: join as never })));
    expect(error).toMatchObject({ code: 'EB_UNDECODABLE', details: { path: 'user' } });
    expect(text).not.toContain(CANARY);
  });

  it('with a part that no codec reads cannot be decoded, and the error names the part', () => {
    const { error } = refusal(() => decode({ 'user.public': '{' }));
    expect(error).toMatchObject({ code: 'EB_UNDECODABLE', details: { path: 'user.public' } });
  });
});
