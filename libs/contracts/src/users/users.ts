import { ContractEvent, EventsContract, Key, Personal } from 'nest-event-backbone';
import { UserId } from './user-id.js';
import { UserName } from './user-name.js';

const idOf = (id: UserId): string => id.value;

/** What happens to users. All events of one user have its id as their key, so they stay in their order. */
@EventsContract('users')
export class Users {
  @ContractEvent()
  userAdded(@Key(idOf) id: UserId, @Personal() name: UserName) {
    return { id, name };
  }

  @ContractEvent()
  userEdited(@Key(idOf) id: UserId, @Personal() name: UserName) {
    return { id, name };
  }

  @ContractEvent()
  userDeleted(@Key(idOf) id: UserId) {
    return { id };
  }
}
