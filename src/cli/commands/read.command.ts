import { Command, Option } from 'commander';
import { StreamHistory } from '../../history/stream-history.js';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine } from '../command-line.js';
import { contractsOf, rangeOf, wantedOf, withSelection, type SelectionOptions } from '../event-selection.js';
import { eventText } from '../event-text.js';
import type { Output } from '../output.js';
import { PLACE_FORMS } from '../places.js';
import { shownEvent, type Showing } from '../shown-event.js';
import { withSource } from '../source-options.js';
import type { ReadEvent, Stream } from '../../core/index.js';
import type { OpenConnection } from '../open-connection.js';

interface ReadCommandOptions extends SelectionOptions {
  readonly id?: string;
  readonly all?: boolean;
}

const SHOWN = 100;

/** `read`: shows the events of a stream. */
export function readCommand(line: CommandLine): Command {
  return withSelection(withSource(new Command('read')))
    .description('Show events, the oldest first; changes nothing')
    .addOption(new Option('--until <place>', `the last event, or the first moment that is too late: ${PLACE_FORMS}`))
    .addOption(new Option('--id <id>', 'the event of this id'))
    .addOption(new Option('-a, --all', `all of them, not just the first ${SHOWN}`).conflicts('limit'))
    .action((options: ReadCommandOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        const history = new StreamHistory(connection.channel, stream);
        const show = showing(connection, stream, options, output);
        if (options.id !== undefined) {
          const event = await history.withId(options.id);
          if (!event) throw new CommandFailure('there is no event of this id', EXIT.failed);
          await show(event);
          return;
        }
        const limit = options.all === true ? Infinity : (options.limit ?? SHOWN);
        let shown = 0;
        const wanted = wantedOf(options, contractsOf(connection, stream));
        for await (const events of history.read(wanted, rangeOf(options))) {
          for (const event of events) {
            if (line.terminal.isGone) return;
            line.signal.throwIfAborted();
            if (shown === limit) {
              // To standard error for programs, too: they would take the part for the whole.
              if (options.limit === undefined)
                line.terminal.note(`the first ${SHOWN} events; there are more: --limit, or --all`);
              return;
            }
            await show(event);
            shown += 1;
          }
        }
        if (shown === 0) output.note('no events');
      }),
    );
}

/** Returns what shows one event of a stream. */
export function showing(
  connection: OpenConnection,
  stream: Stream,
  { personal = false, full, field: fields }: SelectionOptions,
  output: Output,
): (event: ReadEvent) => Promise<void> {
  const how: Showing = { codec: connection.codec, contracts: contractsOf(connection, stream), personal, fields };
  return (event) => {
    const shown = shownEvent(event, how);
    return output.item(shown, () => eventText(shown, output, { full }));
  };
}
