import { RootCommand } from 'nest-commander';
import { CommandError, TerminalCommand } from '#cli-kit';

/** What there is without a command: help, and exit code 2. */
@RootCommand({ name: 'users-projector', description: 'Keeps the table `users` of the read model.' })
export class UsersProjectorCommand extends TerminalCommand {
  override setCommand(command: Parameters<TerminalCommand['setCommand']>[0]): this {
    super.setCommand(command.addHelpCommand('help', 'Display help.'));
    // Not to know a command is what `run` says better.
    command.allowExcessArguments(true);
    return this;
  }

  override run(words: readonly string[]): Promise<void> {
    if (words.length > 0) throw new CommandError('there is no such command; `help` lists what there is');
    this.command.help({ error: true });
  }
}
