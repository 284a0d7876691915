import type { TrimLimits } from 'nest-event-backbone/core';
import type { MemoryChannel } from 'nest-event-backbone/memory';
import { alteredAdmin, alteredMessages } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

/** Channels that trim what they must keep, or keep what they must trim. */
export const brokenTrims: readonly BrokenChannel[] = [
  broken(
    'does not trim',
    ['trimming removes only what every group has finished', 'trimming removes what all of its limits let go'],
    (intact) => alteredAdmin(intact, { trim: () => Promise.resolve(0) }),
  ),
  broken(
    'trims by force always',
    [
      'trimming removes only what every group has finished',
      'trimming leaves what a dead letter refers to, until that is removed',
    ],
    (intact) => withLimits(intact, (limits) => ({ ...limits, force: true })),
  ),
  broken(
    'never trims by force',
    ['a forced trim also removes what groups have not finished, and it is lost to them'],
    (intact) => withLimits(intact, (limits) => ({ ...limits, force: false })),
  ),
  broken('trims everything when there is no limit', ['trimming needs a limit'], (intact) =>
    withLimits(intact, (limits) => (isNone(limits) ? { ...limits, keep: 0 } : limits)),
  ),
  broken('trims what one of several limits lets go', ['trimming removes what all of its limits let go'], (intact) =>
    alteredAdmin(intact, {
      trim: async (stream, { until, before, keep }) => {
        let count = 0;
        for (const limits of [{ until }, { before }, { keep }]) {
          if (!isNone(limits)) count += await intact.admin.trim(stream, limits);
        }
        return count;
      },
    }),
  ),
  ...(['until', 'before', 'keep'] as const).map((limit) =>
    broken(
      `takes no account of the limit ${limit} when there is another one`,
      ['trimming removes what all of its limits let go'],
      (intact) =>
        withLimits(intact, (limits) =>
          isNone({ ...limits, [limit]: undefined }) ? limits : { ...limits, [limit]: undefined },
        ),
    ),
  ),
  {
    flaw: 'forgets the ids of what it trims',
    breaks: ['a trimmed event that is appended again is not stored again'],
    begin: () => {
      let trims = 0;
      return (intact) =>
        alteredMessages(
          alteredAdmin(intact, {
            trim: (stream, limits) => {
              trims += 1;
              return intact.admin.trim(stream, limits);
            },
          }),
          (message) => (trims > 0 ? { ...message, id: `${message.id}~${trims}` } : message),
        );
    },
  },
];

function withLimits(
  intact: MemoryChannel,
  change: (limits: TrimLimits) => TrimLimits,
): ReturnType<typeof alteredAdmin> {
  return alteredAdmin(intact, { trim: (stream, limits) => intact.admin.trim(stream, change(limits)) });
}

function isNone({ until, before, keep }: TrimLimits): boolean {
  return until === undefined && before === undefined && keep === undefined;
}
