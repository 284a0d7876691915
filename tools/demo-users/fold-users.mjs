import { RegisteredUser, UserId, UserName } from '#contracts';

const STREAM = { environment: 'default', contract: 'users' };

/**
 * Reads the write model and works out, without any read model, which users there are: the events in their order, each
 * user's one after another.
 *
 * @param {import('nest-event-backbone').Channel} channel
 * @returns {Promise<{ users: ReadonlyMap<string, import('#contracts').RegisteredUser>, deleted: readonly string[], events: number }>}
 */
export async function foldUsers(channel) {
  /** @type {Map<string, import('#contracts').RegisteredUser>} */
  const users = new Map();
  /** @type {string[]} */
  const deleted = [];
  let events = 0;
  for await (const batch of channel.read({ stream: STREAM })) {
    for (const { message } of batch) {
      if (!message) throw new Error('the write model holds an event that cannot be read');
      events += 1;
      const id = new UserId(message.key);
      const at = new Date(message.time);
      if (message.type === 'userAdded.v1') users.set(id.value, RegisteredUser.added(id, nameIn(message), at));
      const user = users.get(id.value);
      if (message.type === 'userEdited.v1' && user) users.set(id.value, user.edited(nameIn(message), at));
      if (message.type === 'userDeleted.v1' && users.delete(id.value)) deleted.push(id.value);
    }
  }
  return { users, deleted, events };
}

/** @param {import('nest-event-backbone/core').Message} message */
function nameIn({ fields }) {
  return new UserName(JSON.parse(String(fields['name'])).value);
}
