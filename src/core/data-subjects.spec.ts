import { describe, expect, it } from 'vitest';
import { memoryChannel } from '../memory/index.js';
import type { Channel } from './channel.js';
import { ContractEvent, EventsContract, Field, Personal } from './contract-decorators.js';
import type { Message } from './message.js';
import type { Middleware } from './middleware.js';
import { createProducer } from './producer.js';

class User {
  declare readonly email: string;
  declare readonly name: string;
}

const contact = ({ email }: User) => email;

@EventsContract('orders')
class Orders {
  @ContractEvent()
  placed(
    @Personal({ of: ({ user }: { user: User | null }) => (user ? contact(user) : 'nobody') }) user: User | null,
    @Personal({ of: ({ user, id }: { user: User | null; id: number }) => user?.email ?? id }) note: string | undefined,
    @Personal() comment: string,
    id: number,
  ) {
    return { user, note, comment, id };
  }

  @ContractEvent()
  moved(
    @Personal({ of: ({ user }: { user: User }) => user.email })
    @Field({
      segments: {
        split: ({ name, email }: User) => ({ public: { name }, contact: name === 'none' ? undefined : { email } }),
        join: (parts) => ({ name: '', email: '', ...parts.public, ...parts.contact }),
        personal: ['contact'],
      },
    })
    user: User,
  ) {
    return { user };
  }

  @ContractEvent()
  rang(@Personal() by: string) {
    return { by };
  }
}

const ADA = Object.assign(new User(), { email: 'ada@example.org', name: 'Ada' });

function setUp(middleware: readonly Middleware[] = []) {
  const channel = memoryChannel();
  const sent: Message[] = [];
  const listening: Channel = {
    supports: channel.supports,
    publish: (stream, messages, options) => {
      sent.push(...messages);
      return channel.publish(stream, messages, options);
    },
    subscribe: (options) => channel.subscribe(options),
    read: (options) => channel.read(options),
    admin: channel.admin,
    close: () => channel.close(),
  };
  return {
    sent,
    orders: createProducer(Orders, { channel: listening, environment: 'test', source: 'shop', middleware }),
  };
}

describe('the data subjects of an event', () => {
  it('stand in its message by field, each from the arguments it names', async () => {
    const { sent, orders } = setUp();
    await orders.placed(ADA, 'a note', 'a comment', 7);
    expect(sent[0]?.dataSubjects).toEqual({ user: ADA.email, note: ADA.email });
  });

  it('may be numbers', async () => {
    const { sent, orders } = setUp();
    await orders.placed(null, 'a note', 'a comment', 7);
    expect(sent[0]?.dataSubjects).toEqual({ note: '7' });
  });

  it('are asked for where there is data only: not for an argument that is absent, or null', async () => {
    const { sent, orders } = setUp();
    await orders.placed(null, undefined, 'a comment', 7);
    expect(sent[0]?.dataSubjects).toBeUndefined();
  });

  it('are those of personal segments, and of no others', async () => {
    const { sent, orders } = setUp();
    await orders.moved(ADA);
    await orders.moved({ email: ADA.email, name: 'none' });
    expect(sent.map(({ dataSubjects }) => dataSubjects)).toEqual([{ 'user.contact': ADA.email }, undefined]);
  });

  it('are absent where the contract names none', async () => {
    const { sent, orders } = setUp();
    await orders.rang('Ada');
    expect(sent[0]).toMatchObject({ personal: ['by'] });
    expect(sent[0]?.dataSubjects).toBeUndefined();
  });

  it('are those of the arguments that middleware has put in place', async () => {
    const { sent, orders } = setUp([
      async (context, next) => {
        context.args[0] = { email: 'eve@example.org' };
        await next();
      },
    ]);
    await orders.placed(ADA, 'a note', 'a comment', 7);
    expect(sent[0]?.dataSubjects).toMatchObject({ user: 'eve@example.org' });
  });

  it('are those of each event of a batch', async () => {
    const { sent, orders } = setUp();
    await orders.$batch((batch) => {
      batch.moved(ADA);
      batch.rang('Ada');
    });
    expect(sent.map(({ dataSubjects }) => dataSubjects)).toEqual([{ 'user.contact': ADA.email }, undefined]);
  });

  it.each<[string, unknown]>([
    ['empty', ''],
    ['blank', '  '],
    ['absent', undefined],
    ['null', null],
    ['an object', { id: 'canary@example.org' }],
  ])('that are %s are refused with the field, and nothing is stored', async (_, email) => {
    const { sent, orders } = setUp();
    const refused = await orders.placed({ name: 'canary', email } as User, '', '', 7).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'user', constraint: 'subject' } });
    expect(String(refused)).not.toContain('canary');
    expect(sent).toEqual([]);
  });

  it('whose function throws are refused without what it threw', async () => {
    const { sent, orders } = setUp();
    const hostile = {
      get email(): string {
        throw new Error('canary@example.org');
      },
      name: 'x',
    };
    const refused = await orders.moved(hostile).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'EB_ARGUMENT', details: { path: 'user' } });
    expect(JSON.stringify([String(refused), refused])).not.toContain('canary');
    expect(sent).toEqual([]);
  });
});
