import { Command, Option } from 'commander';
import type { DeadLetter } from '../../core/index.js';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine } from '../command-line.js';
import { durationText } from '../duration-text.js';
import { contractsOf, count } from '../event-selection.js';
import { eventText } from '../event-text.js';
import { chosenGroup } from '../group-choice.js';
import type { Output } from '../output.js';
import { positionText } from '../places.js';
import { shownEvent } from '../shown-event.js';
import { withGroup, withSource, type GroupOptions } from '../source-options.js';
import { redriveCommand, removeCommand } from './settle-dead-letters.command.js';

interface ListOptions extends GroupOptions {
  readonly limit: number;
  readonly after?: string;
}

interface ShowOptions extends GroupOptions {
  readonly personal?: boolean;
  readonly full?: boolean;
}

/** `dead-letters`: what groups have set aside. */
export function deadLettersCommand(line: CommandLine): Command {
  return new Command('dead-letters')
    .description('Look at what a group has set aside, hand it out again, or remove it')
    .addCommand(listCommand(line))
    .addCommand(showCommand(line))
    .addCommand(redriveCommand(line))
    .addCommand(removeCommand(line));
}

function listCommand(line: CommandLine): Command {
  return withGroup(withSource(new Command('list')))
    .description('List dead letters, the oldest first')
    .addOption(new Option('-n, --limit <count>', 'at most so many').argParser(count).default(100))
    .addOption(new Option('--after <id>', 'those behind this one'))
    .action((options: ListOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        const { group, deadLetters } = await chosenGroup(connection, stream, options);
        const { after, limit } = options;
        const letters = await connection.channel.admin.deadLetters.list(stream, group, { after, limit });
        const next = letters.length === limit ? letters.at(-1)?.id : undefined;
        await output.result({ total: deadLetters, letters, next }, () => listText(letters, output));
        if (next !== undefined) output.note(`${letters.length} of ${deadLetters}; the next ones: --after ${next}`);
      }),
    );
}

function listText(letters: readonly DeadLetter[], output: Output): readonly string[] {
  if (letters.length === 0) return ['nothing was set aside'];
  const rows = letters.map(({ id, time, kind, type = '', key = '', attempts, error }) => {
    return [id, durationText(Math.max(0, Date.now() - time)), kind, type, key, String(attempts), error];
  });
  const columns = [
    ...[
      { head: 'id' },
      { head: 'age', align: 'right' as const },
      { head: 'kind' },
      { head: 'type', least: 8 },
      { head: 'key', least: 6 },
    ],
    ...[
      { head: 'tries', align: 'right' as const },
      { head: 'error', least: 12 },
    ],
  ];
  return output.table(columns, rows);
}

function showCommand(line: CommandLine): Command {
  return withGroup(withSource(new Command('show')))
    .description('Show a dead letter and its event')
    .argument('<id>', "the dead letter's id, as `list` shows it")
    .addOption(new Option('--full', 'whole values, the stack, and everything that travels with the event'))
    .addOption(new Option('--personal', 'show personal arguments, too'))
    .action((id: string, options: ShowOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        const { group } = await chosenGroup(connection, stream, options);
        const found = await connection.channel.admin.deadLetters.show(stream, group, id);
        if (!found) throw new CommandFailure('there is no dead letter of this id', EXIT.failed);
        const { personal = false, full } = options;
        const { letter } = found;
        const how = { codec: connection.codec, contracts: contractsOf(connection, stream), personal };
        const event = found.event && shownEvent(found.event, how);
        await output.result({ letter, event }, () => [
          ...letterText(letter, output, full),
          ...(event ? eventText(event, output, { full }) : ['its event is gone']),
        ]);
      }),
    );
}

function letterText(letter: DeadLetter, output: Output, full = false): readonly string[] {
  const { id, kind, code, error, attempts, time, position, stack, group } = letter;
  const { bold, dim } = output.terminal.colours;
  return [
    `${bold(kind)}  ${dim('set aside by')} ${group}  ${dim('id')} ${id}`,
    ...output.pairs(
      [
        ['set aside', new Date(time).toISOString()],
        ['position', positionText([position])],
        ['tries', String(attempts)],
        ['code', code],
        ['error', error],
      ],
      full,
    ),
    ...(full ? (stack ?? '').split('\n').flatMap((each) => output.pairs([['', each]], true)) : []),
  ];
}
