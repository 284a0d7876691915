import { alteredAdmin, alteredDeliveries, alteredMessages, alteredReading, alteredState } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that do something else than the operator asked for. */
export const brokenAdmin: readonly BrokenChannel[] = [
  broken(
    'does not reset',
    [
      'a group that is reset to the beginning gets everything again, and its consumers lose what they held',
      'a group that is reset to the end or to a position goes on behind it',
    ],
    (intact) => alteredAdmin(intact, { reset: () => Promise.resolve() }),
  ),
  broken(
    'resets to the beginning always',
    ['a group that is reset to the end or to a position goes on behind it'],
    (intact) => alteredAdmin(intact, { reset: (stream, group) => intact.admin.reset(stream, group, 'beginning') }),
  ),
  broken(
    'counts the dead letters as pending',
    ['the state of a group counts its pending events and its dead letters'],
    (intact) => alteredState(intact, (state) => ({ ...state, pending: state.pending + state.deadLetters })),
  ),
  broken(
    'says that its oldest event waits since the stream began',
    ['the state of a group says since when its oldest events wait, and since when they are in work'],
    (intact) => alteredState(intact, (state) => ({ ...state, oldestWaitingAt: 1 })),
  ),
  broken(
    'does not say since when events are in work',
    ['the state of a group says since when its oldest events wait, and since when they are in work'],
    (intact) => alteredState(intact, (state) => ({ ...state, oldestPendingAt: undefined })),
  ),
  broken(
    'does not erase',
    [
      'erasing removes the personal fields of an event, or the named ones, and leaves the event',
      'appending an erased event again does not bring its personal fields back',
    ],
    (intact) => alteredAdmin(intact, { erase: (_, ids) => Promise.resolve(ids.length) }),
  ),
  broken(
    'erases the personal fields only, whatever is named',
    ['erasing removes the personal fields of an event, or the named ones, and leaves the event'],
    (intact) => alteredAdmin(intact, { erase: (stream, ids) => intact.admin.erase(stream, ids) }),
  ),
  broken('tells a reader nothing about erased fields', ['an erased field is named in `erased`'], (intact) =>
    alteredReading(intact, ({ message, ...event }) => [
      { ...event, message: message && { ...message, erased: undefined } },
    ]),
  ),
  broken('tells a consumer nothing about erased fields', ['an erased field is named in `erased`'], (intact) =>
    alteredDeliveries(intact, ({ message, ...delivery }) => [
      { ...delivery, message: message && { ...message, erased: undefined } },
    ]),
  ),
  {
    flaw: 'stores an erased event anew',
    breaks: ['appending an erased event again does not bring its personal fields back'],
    begin: () => {
      const erased = new Set<string>();
      return (intact) =>
        alteredMessages(
          alteredAdmin(intact, {
            erase: (stream, ids, fields) => {
              for (const id of ids) erased.add(id);
              return intact.admin.erase(stream, ids, fields);
            },
          }),
          (message) => (erased.has(message.id) ? { ...message, id: `${message.id}~` } : message),
        );
    },
  },
];
