import { Command, Option } from 'commander';
import type { Channel, Stream } from '../../core/index.js';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine, ConfirmOptions } from '../command-line.js';
import { counted } from '../counted.js';
import { chosenGroup } from '../group-choice.js';
import { withGroup, withSource, type GroupOptions } from '../source-options.js';

interface SettleOptions extends GroupOptions, ConfirmOptions {
  readonly all?: boolean;
}

const PAGE = 100;

/** `dead-letters redrive`: hands events to their group again. */
export function redriveCommand(line: CommandLine): Command {
  return settleCommand(line, 'redrive', 'redriven').description(
    'Hand events to their group again; those of a parked key go together',
  );
}

/** `dead-letters remove`: forgets dead letters. */
export function removeCommand(line: CommandLine): Command {
  return settleCommand(line, 'remove', 'removed')
    .description('Forget dead letters: the group will never handle them; their events stay in the stream')
    .addOption(new Option('-y, --yes', 'do not ask'));
}

function settleCommand(line: CommandLine, what: 'redrive' | 'remove', done: string): Command {
  return withGroup(withSource(new Command(what)))
    .argument('[ids...]', "the dead letters' ids, as `list` shows them")
    .addOption(new Option('-a, --all', 'all of the group'))
    .addOption(new Option('--dry-run', 'show what would be done'))
    .action((ids: readonly string[], options: SettleOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        if (ids.length > 0 === (options.all === true))
          throw new CommandFailure('name dead letters by their ids, or --all');
        const { group, deadLetters } = await chosenGroup(connection, stream, options);
        const { channel } = connection;
        const there = options.all === true ? deadLetters : await found(channel, stream, group, ids);
        if (options.dryRun === true) {
          await output.result({ [done]: 0, would: there, dryRun: true }, () => [`${there} would be ${done}`]);
        } else {
          if (what === 'remove' && there > 0)
            await line.confirm(`remove ${counted(there, 'dead letter')} of ${group}`, options);
          const work = (some: readonly string[]) => channel.admin.deadLetters[what](stream, group, some);
          const settled =
            options.all === true ? await all(line, channel, { stream, group, work, there }) : await work(ids);
          await output.result({ [done]: settled }, () => [`${settled} ${done}`]);
        }
        if (options.all !== true && there < ids.length) {
          throw new CommandFailure(
            `of ${counted(ids.length, 'id')} only ${there} belong to dead letters of ${group}`,
            EXIT.failed,
          );
        }
      }),
    );
}

async function found(channel: Channel, stream: Stream, group: string, ids: readonly string[]): Promise<number> {
  const shown = await Promise.all([...new Set(ids)].map((id) => channel.admin.deadLetters.show(stream, group, id)));
  return shown.filter((each) => each !== undefined).length;
}

/** Page by page behind the last one seen: what dies again meanwhile is not taken twice. */
async function all(
  line: CommandLine,
  { admin }: Channel,
  how: {
    readonly stream: Stream;
    readonly group: string;
    readonly there: number;
    readonly work: (ids: readonly string[]) => Promise<number>;
  },
): Promise<number> {
  const progress = line.progress('dead letters', how.there);
  try {
    let settled = 0;
    for (let after: string | undefined; ;) {
      line.signal.throwIfAborted();
      const page = await admin.deadLetters.list(how.stream, how.group, { after, limit: PAGE });
      after = page.at(-1)?.id;
      if (after === undefined) return settled;
      settled += await how.work(page.map(({ id }) => id));
      progress.add(page.length);
    }
  } finally {
    progress.end();
  }
}
