import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CommandLine } from './command-line.js';
import { EXIT, exitCodeOf, toldError } from './command-failure.js';
import { appendCommand } from './commands/append.command.js';
import { deadLettersCommand } from './commands/dead-letters.command.js';
import { auditCommand, eraseCommand, exportCommand } from './commands/privacy.command.js';
import { readCommand } from './commands/read.command.js';
import { replayCommand, resetCommand } from './commands/reset.command.js';
import { schemaCommand } from './commands/schema.command.js';
import { statusCommand } from './commands/status.command.js';
import { tailCommand } from './commands/tail.command.js';
import { escaped, escapedJson } from './escaped.js';
import { Terminal } from './terminal.js';

/** How long a command may take to end in good order after an interrupt. */
const GRACE_MS = 5_000;

/** Runs the command line of a process; what it ends with becomes the exit code. */
export async function runCommandLine(host: NodeJS.Process): Promise<void> {
  const stop = new AbortController();
  const terminal = new Terminal(host, () => stop.abort());
  let isInterrupted = false;
  const interrupt = () => {
    // Whoever interrupts twice does not want to wait.
    if (isInterrupted) host.exit(EXIT.interrupted);
    isInterrupted = true;
    stop.abort();
    setTimeout(() => host.exit(EXIT.interrupted), GRACE_MS).unref();
  };
  host.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await programOf(new CommandLine(terminal, stop.signal, host.cwd())).parseAsync(host.argv);
    host.exitCode = terminal.exitCode;
  } catch (error) {
    host.exitCode = ended(error, terminal, { isInterrupted, isJson: host.argv.includes('--json') });
  }
  // A client that leaves a timer behind must not keep the process.
  setTimeout(() => host.exit(), GRACE_MS).unref();
}

function programOf(line: CommandLine): Command {
  const program = new Command('event-backbone')
    .description('Looks at the streams of nest-event-backbone, and does what an operator does to them.')
    .version(version())
    .addHelpText('after', '\nExit codes: 0 done, 1 failed or found something, 2 refused and nothing was changed.');
  for (const make of COMMANDS) program.addCommand(make(line));
  const prepare = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ outputError: () => undefined, writeErr: (text) => line.terminal.stderr.write(text) });
    command.allowExcessArguments(false).configureHelp({ helpWidth: helpWidth(line.terminal) });
    command.commands.forEach(prepare);
  };
  prepare(program);
  return program;
}

const COMMANDS = [
  ...[statusCommand, readCommand, tailCommand, appendCommand, replayCommand, resetCommand, deadLettersCommand],
  ...[schemaCommand, eraseCommand, exportCommand, auditCommand],
];

/** Shows what a command ended with, and returns its exit code. */
function ended(
  error: unknown,
  terminal: Terminal,
  { isInterrupted, isJson }: { readonly isInterrupted: boolean; readonly isJson: boolean },
): number {
  if (terminal.isGone) return EXIT.done;
  if (isInterrupted) return EXIT.interrupted;
  // Help and the version end by an error, too.
  if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
    return error.exitCode === 0 ? EXIT.done : EXIT.refused;
  }
  const isUsage = error instanceof CommanderError;
  const { code, message } = isUsage ? { message: error.message.replace(/^error: /, '') } : toldError(error);
  if (isJson) terminal.note(escapedJson({ error: { code, message } }));
  else
    terminal.note(
      `${terminal.noteColours.red('error')}: ${escaped(code === undefined ? message : `${message} (${code})`)}`,
    );
  return isUsage ? EXIT.refused : exitCodeOf(error);
}

function helpWidth({ width }: Terminal): number {
  return Math.min(width, 120);
}

function version(): string {
  const packaged = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(packaged) as { readonly version: string }).version;
}
