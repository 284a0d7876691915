import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { CommandFailure, EXIT } from '../command-failure.js';
import type { CommandLine, ConfirmOptions } from '../command-line.js';
import { contractsOf } from '../event-selection.js';
import { givenEvents, type GivenEvent } from '../given-events.js';
import { appendEvent } from '../append-event.js';
import { rehearsal } from '../rehearsal.js';
import { positionText } from '../places.js';
import { withSource, type SourceOptions } from '../source-options.js';

interface AppendOptions extends SourceOptions, ConfirmOptions {
  readonly file?: string;
  readonly key?: string;
  readonly id?: string;
  readonly header?: Readonly<Record<string, string>>;
}

/** `append`: appends events of a contract. */
export function appendCommand(line: CommandLine): Command {
  return withSource(new Command('append'))
    .description('Append an event, or one for each line of a file')
    .argument('[event]', 'the event: a method of the contract, or a type such as placed.v1')
    .argument('[arguments]', 'its arguments by name, as JSON; "-" reads them from standard input')
    .addOption(new Option('-k, --key <key>', 'the ordering key, instead of that of the contract'))
    .addOption(new Option('--id <id>', 'the id of the event: appending it again stores nothing'))
    .addOption(new Option('--header <name=value...>', 'text that travels with the event').argParser(header))
    .addOption(
      new Option(
        '-f, --file <file>',
        'a line of JSON for each event, {"event","args","key","id","headers"}; "-" is standard input',
      ),
    )
    .addOption(new Option('--dry-run', 'check the arguments and show what would be appended'))
    .action((name: string | undefined, given: string | undefined, options: AppendOptions) =>
      line.onStream(options, async (connection, stream, output) => {
        const contracts = contractsOf(connection, stream);
        if (contracts.length === 0) {
          throw new CommandFailure(
            'append needs the contract of the stream in the configuration: `contracts: [Orders]`',
          );
        }
        const events = await eventsOf(line, name, given, options);
        const dry = options.dryRun === true ? rehearsal(connection.channel) : undefined;
        const appending = await connection.appending(dry);
        const progress = line.progress('events', events.length);
        let done = 0;
        try {
          for (const event of events) {
            line.signal.throwIfAborted();
            const receipt = await appendEvent(appending, contracts, event);
            progress.add(1);
            done += 1;
            const { id, position, duplicate } = receipt;
            if (dry) await output.item({ event: event.event, dryRun: true }, () => [`would append ${event.event}`]);
            else {
              const what = duplicate ? 'was there already' : 'appended';
              await output.item(receipt, () => [`${what}  at ${positionText([position])}  id ${id}`]);
            }
          }
        } finally {
          progress.end();
          // In their order: what was appended are the first ones.
          if (done < events.length && events.length > 1) {
            line.terminal.note(`${dry ? 'fine' : 'appended'}: ${done} of ${events.length}`);
          }
        }
      }),
    );
}

async function eventsOf(
  line: CommandLine,
  event: string | undefined,
  given: string | undefined,
  { file, key, id, header: headers }: AppendOptions,
): Promise<readonly GivenEvent[]> {
  if (file !== undefined) {
    if (event !== undefined || key !== undefined || id !== undefined || headers) {
      throw new CommandFailure('with --file the lines say which events; leave out the event and what is about it');
    }
    return givenEvents(file === '-' ? await text(line.terminal.stdin) : await contentOf(file));
  }
  if (event === undefined) throw new CommandFailure('name an event and its arguments, or a file with --file');
  const json = given === '-' ? await text(line.terminal.stdin) : (given ?? '{}');
  return givenEvents(`{"event":${JSON.stringify(event)},"args":${json.replaceAll(/[\r\n]+/g, ' ')}}`).map((one) => {
    return { ...one, key, id, headers };
  });
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`the file cannot be read: ${code ?? 'unknown'}`, EXIT.refused, { cause: error });
  }
}

function header(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new CommandFailure('--header is written name=value');
  return { ...before, [name]: value };
}
