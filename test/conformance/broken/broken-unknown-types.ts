import { altered, alteredSettlements } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that take no account of what the members of a group handle. */
export const brokenUnknownTypes: readonly BrokenChannel[] = [
  broken(
    'sets aside whatever its consumer does not handle',
    [
      'an event that no member of its group handles ends without a trace',
      'what another group handles is nothing to a group',
    ],
    (intact) => alteredSettlements(intact, ({ delivery, unhandled }) => ({ delivery, deadLetter: unhandled })),
  ),
  broken(
    'ends whatever its consumer does not handle',
    [
      'an event that another member of its group handles is set aside by one that does not',
      'a dead letter of an unknown type goes to a consumer that handles it, and to no other',
    ],
    (intact) => alteredSettlements(intact, ({ delivery }) => ({ delivery })),
  ),
  broken(
    'does not remember what its consumers handle',
    [
      'an event that another member of its group handles is set aside by one that does not',
      'a dead letter of an unknown type goes to a consumer that handles it, and to no other',
      'a dead letter of an unknown type goes to a consumer that reads already',
    ],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, types: undefined }) }),
  ),
  broken(
    'hands dead letters of unknown types to anyone',
    ['a dead letter of an unknown type goes to a consumer that handles it, and to no other'],
    (intact) =>
      altered(intact, {
        subscribe: (options) => intact.subscribe({ ...options, types: options.types && [...options.types, 'new.v1'] }),
      }),
  ),
];
