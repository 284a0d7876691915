import { Option, type Command } from 'commander';

/** Where a command finds the connection and the stream it works on. */
export interface SourceOptions {
  readonly config?: string;
  readonly connection?: string;
  readonly url?: string;
  readonly payloads?: string;
  readonly stream?: string;
  readonly environment?: string;
  readonly json?: boolean;
}

/** Which group of a stream is meant. */
export interface GroupOptions extends SourceOptions {
  readonly group?: string;
}

/** Adds the options that choose a configuration and a connection in it. */
export function withConfig(command: Command): Command {
  return command
    .addOption(new Option('-c, --config <file>', 'the configuration; otherwise looked for in this folder and above'))
    .addOption(new Option('--connection <name>', 'one of the connections of the configuration'));
}

/** Adds the options of commands that work on a connection of a configuration. */
export function withConnection(command: Command): Command {
  return withConfig(command)
    .addOption(new Option('-e, --environment <name>', 'instead of that of the configuration'))
    .addOption(new Option('--json', 'for programs: JSON and nothing else on standard output'));
}

/** Adds the options of commands that work on a stream, which may do without a configuration. */
export function withSource(command: Command): Command {
  return withConnection(command)
    .addOption(new Option('-s, --stream <name>', 'the stream, by the name of its contract'))
    .addOption(
      new Option('--url <url>', 'without a configuration: redis://, postgres:// or kafka://; or EVENT_BACKBONE_URL'),
    )
    .addOption(new Option('--payloads <url>', "with --url: redis:// where the arguments of Kafka's events are"));
}

/** Adds the option that names a group. */
export function withGroup(command: Command): Command {
  return command.addOption(new Option('-g, --group <name>', 'the group; otherwise that of the configuration'));
}
