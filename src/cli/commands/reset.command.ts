import { Command, Option } from 'commander';
import type { GroupState, ResetTarget } from '../../core/index.js';
import { CommandFailure } from '../command-failure.js';
import type { CommandLine, ConfirmOptions } from '../command-line.js';
import { counted } from '../counted.js';
import { chosenGroup } from '../group-choice.js';
import { eventsAgain, eventsSkipped, replayTarget, resetTarget, targetText } from '../movement.js';
import { PLACE_FORMS } from '../places.js';
import { withGroup, withSource, type GroupOptions } from '../source-options.js';

interface ResetOptions extends GroupOptions, ConfirmOptions {
  readonly to: string;
}

interface ReplayOptions extends GroupOptions, ConfirmOptions {
  readonly from: string;
}

/** `reset`: moves a group anywhere. */
export function resetCommand(line: CommandLine): Command {
  return moving(new Command('reset'))
    .description('Move a group, also while its consumers run: back, so that events come again, or forward past them')
    .addOption(
      new Option('--to <place>', `beginning, end, or what it is to stand behind: ${PLACE_FORMS}`).makeOptionMandatory(),
    )
    .action((options: ResetOptions) => move(line, options, () => resetTarget('--to', options.to), targetText));
}

/** `replay`: moves a group back, and refuses to lose it events. */
export function replayCommand(line: CommandLine): Command {
  return moving(new Command('replay'))
    .description('Hand a group its events again, from a place on; refuses to move it forward')
    .addOption(
      new Option(
        '--from <place>',
        `beginning, or the first that is to come again: ${PLACE_FORMS}`,
      ).makeOptionMandatory(),
    )
    .action((options: ReplayOptions) =>
      move(
        line,
        options,
        (state) => replayTarget(options.from, state),
        () => `back to ${options.from}`,
        true,
      ),
    );
}

function moving(command: Command): Command {
  return withGroup(withSource(command))
    .addOption(new Option('--dry-run', 'count what it would mean, and change nothing'))
    .addOption(new Option('-y, --yes', 'do not ask'));
}

function move(
  line: CommandLine,
  options: GroupOptions & ConfirmOptions,
  target: (state: GroupState) => ResetTarget,
  place: (to: ResetTarget) => string,
  isReplay = false,
): Promise<void> {
  return line.onStream(options, async (connection, stream, output) => {
    const { channel } = connection;
    const state = await chosenGroup(connection, stream, options);
    const { group } = state;
    const to = target(state);
    const how = { line, channel, stream, state };
    const { dryRun = false, yes = false } = options;
    const isCounted = dryRun || !yes;
    const skipped = isCounted || isReplay ? await eventsSkipped(how, to) : undefined;
    if (isReplay && skipped !== undefined && skipped > 0) {
      const remedy = 'replay from earlier on, or move it forward with `reset`';
      throw new CommandFailure(
        `${group} has not been handed ${counted(skipped, 'event')} before that yet, and would lose them; ${remedy}`,
      );
    }
    const again = isCounted ? await eventsAgain(how, to) : undefined;
    const meaning = isCounted ? `: ${counted(again ?? 0, 'event')} to come again, ${skipped ?? 0} to be skipped` : '';
    const what = `move ${group} of ${stream.contract} ${place(to)}${meaning}`;
    if (!dryRun) {
      await line.confirm(what, options);
      await channel.admin.reset(stream, group, to);
    }
    await output.result({ group, stream, to, again, skipped, dryRun }, () => [
      dryRun ? `would ${what}` : what.replace('move', 'moved'),
    ]);
  });
}
