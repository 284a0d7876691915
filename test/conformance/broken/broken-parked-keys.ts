import { altered, alteredDeadLetters, alteredSettlements } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that let events of a parked key pass, or hold them for good. */
export const brokenParkedKeys: readonly BrokenChannel[] = [
  broken(
    'parks no key',
    [
      'later events of a parked key are set aside, and those of other keys come',
      'a key is parked for consumers to come, in its own group',
    ],
    (intact) => alteredSettlements(intact, (settlement) => ({ ...settlement, park: false })),
  ),
  broken(
    'hands out events of parked keys',
    [
      'later events of a parked key are set aside, and those of other keys come',
      'a key is parked for consumers to come, in its own group',
      'removing the last dead letter of a parked key lets it go on, and not before',
    ],
    (intact) => altered(intact, { subscribe: (options) => intact.subscribe({ ...options, parkKeys: false }) }),
  ),
  broken(
    'parks a key behind every dead letter',
    ['a dead letter that does not park its key lets later events come'],
    (intact) =>
      alteredSettlements(intact, (settlement) => ({ ...settlement, park: settlement.deadLetter !== undefined })),
  ),
  broken(
    'redrives one event of a parked key and loses the others',
    ['redriving one dead letter of a parked key hands all of them out in order, before its newer events'],
    (intact) =>
      alteredDeadLetters(intact, {
        redrive: async (stream, group, ids) => {
          const { deadLetters } = intact.admin;
          const others = (await deadLetters.list(stream, group)).map(({ id }) => id).filter((id) => !ids.includes(id));
          await deadLetters.remove(stream, group, others);
          return deadLetters.redrive(stream, group, ids);
        },
      }),
  ),
  broken(
    'keeps the last dead letter of those that are to be removed',
    ['removing the last dead letter of a parked key lets it go on, and not before'],
    (intact) =>
      alteredDeadLetters(intact, {
        remove: async (stream, group, ids) =>
          (await intact.admin.deadLetters.remove(stream, group, ids.slice(0, -1))) + Math.min(1, ids.length),
      }),
  ),
];
