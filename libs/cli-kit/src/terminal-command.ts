import { CommandRunner } from 'nest-commander';

/** A command that refuses what it does not know, and ends by an error instead of in the middle of the process. */
export abstract class TerminalCommand extends CommandRunner {
  override setCommand(command: Parameters<CommandRunner['setCommand']>[0]): this {
    return super.setCommand(command.allowExcessArguments(false).exitOverride());
  }
}
