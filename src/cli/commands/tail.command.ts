import { Command } from 'commander';
import { describeError, furthest, isBackboneError, pause } from '../../core/index.js';
import { StreamHistory } from '../../history/stream-history.js';
import type { CommandLine } from '../command-line.js';
import { contractsOf, rangeOf, wantedOf, withSelection, type SelectionOptions } from '../event-selection.js';
import { withSource } from '../source-options.js';
import { showing } from './read.command.js';

const TRY_AGAIN_MS = 1_000;

/** `tail`: shows events as they are appended, until it is interrupted. */
export function tailCommand(line: CommandLine): Command {
  return withSelection(withSource(new Command('tail')))
    .description('Show events as they are appended, until Ctrl+C; changes nothing')
    .action((options: SelectionOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        const { signal, terminal } = line;
        const show = showing(connection, stream, options, output);
        const wanted = wantedOf(options, contractsOf(connection, stream));
        const range = rangeOf(options, signal);
        // A server that is away now is an error; one that goes away later is waited for.
        const { last } = await connection.channel.admin.extent(stream);
        const isOpen = options.from === undefined && options.after === undefined;
        let after = isOpen ? last : range.after;
        let left = options.limit ?? Infinity;
        while (!line.isOver()) {
          try {
            for await (const events of new StreamHistory(connection.channel, stream).read(wanted, {
              ...range,
              after,
            })) {
              for (const event of events) {
                if (line.isOver()) return;
                await show(event);
                after = furthest(after, [event.position]);
                left -= 1;
                if (left === 0) return;
              }
            }
          } catch (error) {
            if (line.isOver()) return;
            if (!isAway(error)) throw error;
            terminal.note(`waiting for the server: ${describeError(error)}`);
            await pause(TRY_AGAIN_MS, signal);
          }
        }
      }),
    );
}

/** A reply that does not come leaves nothing in doubt here: reading changes nothing. */
function isAway(error: unknown): boolean {
  return isBackboneError(error, 'EB_CHANNEL') || isBackboneError(error, 'EB_OUTCOME_UNKNOWN');
}
