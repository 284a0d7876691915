import { alteredDeadLetters, alteredSubscriptions } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that lose sight of what was set aside. */
export const brokenDeadLetters: readonly BrokenChannel[] = [
  broken(
    'swallows dead letters',
    [
      'a dead letter is listed with its event and every reason, and its event does not come again',
      'a dead letter is shown with its event',
      'the state of a group counts its pending events and its dead letters',
    ],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => ({
        settle: (settlements) => subscription.settle(settlements.map(({ delivery }) => ({ delivery }))),
      })),
  ),
  broken(
    'does not settle what it sets aside',
    ['a dead letter is listed with its event and every reason, and its event does not come again'],
    (intact) =>
      alteredSubscriptions(intact, (subscription) => ({
        settle: (settlements) => subscription.settle(settlements.filter(({ deadLetter }) => !deadLetter)),
      })),
  ),
  broken(
    'keeps no stack',
    ['a dead letter is listed with its event and every reason, and its event does not come again'],
    (intact) =>
      alteredDeadLetters(intact, {
        list: async (...args) =>
          (await intact.admin.deadLetters.list(...args)).map((letter) => ({ ...letter, stack: undefined })),
      }),
  ),
  broken('shows a dead letter without its event', ['a dead letter is shown with its event'], (intact) =>
    alteredDeadLetters(intact, {
      show: async (...args) => {
        const shown = await intact.admin.deadLetters.show(...args);
        return shown && { letter: shown.letter };
      },
    }),
  ),
  broken('lists all dead letters at once', ['dead letters are listed in pages'], (intact) =>
    alteredDeadLetters(intact, { list: (stream, group) => intact.admin.deadLetters.list(stream, group) }),
  ),
  broken('lists the first page again and again', ['dead letters are listed in pages'], (intact) =>
    alteredDeadLetters(intact, {
      list: (stream, group, options) => intact.admin.deadLetters.list(stream, group, { ...options, after: undefined }),
    }),
  ),
  broken(
    'removes a dead letter that is to be redriven',
    ['a dead letter that is redriven comes again, once'],
    (intact) => alteredDeadLetters(intact, { redrive: (...args) => intact.admin.deadLetters.remove(...args) }),
  ),
  broken(
    'redrives a dead letter that is to be removed',
    [
      'a dead letter that is removed is gone, and its event does not come again',
      'removing the last dead letter of a parked key lets it go on, and not before',
    ],
    (intact) => alteredDeadLetters(intact, { remove: (...args) => intact.admin.deadLetters.redrive(...args) }),
  ),
  broken('lists the dead letters of another group', ['a dead letter belongs to its group alone'], (intact) =>
    alteredDeadLetters(intact, {
      list: (stream, _, options) => intact.admin.deadLetters.list(stream, 'group', options),
    }),
  ),
];
