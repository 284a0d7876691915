import type { Settlement } from '../core/index.js';
import { deadLetterFields } from './dead-letters.js';
import { epochOf } from './keys.js';
import type { ScriptArgument } from './scripts/script.js';

/** When a dead letter is written: always, if a member handles its type, or if its key is parked. */
type When = 'always' | 'handled' | 'parked';

/** Writes settlements as the settle script takes them; `parked` ones are carried out only if their key is parked. */
export function settleArguments(
  groupName: string,
  consumer: string,
  settlements: readonly Settlement[],
  how: 'all' | 'parked' = 'all',
): ScriptArgument[] {
  const letters: ScriptArgument[] = [];
  let count = 0;
  for (const [i, { delivery, deadLetter, unhandled, park = false }] of settlements.entries()) {
    const reason = deadLetter ?? unhandled;
    if (!reason) continue;
    const fields = deadLetterFields(delivery, reason, park ? epochOf(groupName) : undefined);
    const when: When = how === 'parked' ? how : deadLetter ? 'always' : 'handled';
    letters.push(i + 1, when, fields.length, ...fields);
    count += 1;
  }
  return [groupName, consumer, count, ...letters, ...settlements.map(({ delivery }) => delivery.position.id)];
}
