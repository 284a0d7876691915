import { checkedName, type GroupState, type Stream } from '../core/index.js';
import { CommandFailure } from './command-failure.js';
import type { OpenConnection } from './open-connection.js';
import type { GroupOptions } from './source-options.js';

/**
 * Finds the group that the options mean.
 *
 * @throws CommandFailure for none, and for one that does not exist; it names those that do.
 */
export async function chosenGroup(
  { channel, group: ofConfig }: OpenConnection,
  stream: Stream,
  { group = ofConfig }: GroupOptions,
): Promise<GroupState> {
  const groups = await channel.admin.groups(stream);
  const found = group === undefined ? undefined : groups.find((state) => state.group === checkedName('group', group));
  if (found) return found;
  const names = groups.map((state) => state.group).join(', ');
  const known = names === '' ? `${stream.contract} has no groups` : `${stream.contract} has ${names}`;
  throw new CommandFailure(
    group === undefined ? `name a group with --group; ${known}` : `there is no group ${group}; ${known}`,
  );
}
