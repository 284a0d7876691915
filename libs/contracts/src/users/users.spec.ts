import * as classValidator from 'class-validator';
import { validate, type Channel } from 'nest-event-backbone';
import { createProducer, type ReadEvent } from 'nest-event-backbone/core';
import { memoryChannel } from 'nest-event-backbone/memory';
import { describe, expect, it } from 'vitest';
import { UserId } from './user-id.js';
import { UserName } from './user-name.js';
import { Users } from './users.js';

const id = new UserId('3f0c1a52-9d1e-4b7a-8c55-0e2f6d7b9a10');
const stream = { environment: 'default', contract: 'users' };

async function stored(channel: Channel): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const batch of channel.read({ stream })) events.push(...batch);
  return events;
}

describe('the events of users', () => {
  function setUp() {
    const channel = memoryChannel();
    const middleware = [validate(classValidator)];
    return { channel, users: createProducer(Users, { channel, environment: 'default', source: 'test', middleware }) };
  }

  it('have the id of their user as their key, and keep its name where it can be erased', async () => {
    const { channel, users } = setUp();
    await users.userAdded(id, new UserName('Ann'));
    await users.userEdited(id, new UserName('Anna'));
    await users.userDeleted(id);

    const messages = (await stored(channel)).map(({ message }) => message);
    expect(messages.map((message) => message?.key)).toEqual([id.value, id.value, id.value]);
    expect(messages.map((message) => message?.personal)).toEqual([['name'], ['name'], []]);
  });

  it.each([
    ['a name with space around it', id, { value: ' Ann' }, 'name.value'],
    ['an id in upper case', { value: id.value.toUpperCase() }, new UserName('Ann'), 'id.value'],
  ])('are refused with %s, whoever made it', async (_, badId, badName, path) => {
    const { channel, users } = setUp();
    await expect(users.userAdded(badId, badName)).rejects.toMatchObject({ code: 'EB_VALIDATION', details: { path } });
    expect(await stored(channel)).toEqual([]);
  });
});
