import type { Channel, GroupState, StreamExtent } from 'nest-event-backbone/core';
import { alteredAdmin, alteredState } from './altered-channel.js';
import { broken, type BrokenChannel } from './broken-channel.js';

const HOLDS = 'a stream tells how much it holds, and from where to where it reaches';
const GROWS = 'what a stream says to have been appended grows with each append, and only with them';
const TRIMMED = 'a stream that was trimmed tells what is left of it';
const CONSUMERS = 'a group names its consumers, and what each of them has in hand';

/** Channels that show something else than what is there. */
export const brokenExtents: readonly BrokenChannel[] = [
  broken('counts one event too many', [HOLDS, TRIMMED], (intact) =>
    alteredExtent(intact, (found) => ({ ...found, events: (found.events ?? 0) + 1 })),
  ),
  broken('takes the newest position for the oldest', [HOLDS], (intact) =>
    alteredExtent(intact, (found) => ({ ...found, first: found.last })),
  ),
  broken('does not know when the newest event was stored', [HOLDS], (intact) =>
    alteredExtent(intact, (found) => ({ ...found, lastAt: 1 })),
  ),
  {
    flaw: 'counts looks as appends',
    breaks: [GROWS],
    begin: () => {
      let looks = 0;
      return (intact) => alteredExtent(intact, (found) => ({ ...found, appended: (looks += 1) }));
    },
  },
  broken('tells of trimmed events as if they were there', [TRIMMED], (intact) =>
    alteredExtent(intact, ({ appended, ...found }) => ({ ...found, appended, events: appended })),
  ),
  broken('names its consumers twice', [CONSUMERS], (intact) =>
    alteredState(intact, (state) => withMembers(state, [...(state.members ?? []), ...(state.members ?? [])])),
  ),
  broken('says that its consumers have nothing in hand', [CONSUMERS], (intact) =>
    alteredState(intact, (state) =>
      withMembers(state, state.members?.map((member) => ({ ...member, pending: 0 })) ?? []),
    ),
  ),
];

function withMembers(state: GroupState, members: GroupState['members']): GroupState {
  return { ...state, members };
}

function alteredExtent(intact: Channel, change: (found: StreamExtent) => StreamExtent): Channel {
  return alteredAdmin(intact, { extent: async (stream) => change(await intact.admin.extent(stream)) });
}
