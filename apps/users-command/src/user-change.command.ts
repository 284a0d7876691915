import { Option, RootCommand } from 'nest-commander';
import { checkDatabaseUrls, CommandError, TerminalCommand } from '#cli-kit';
import { InvalidUserError, UserId, UserName } from '#contracts';
import { UserChanges, type Change } from './user-changes.js';

/** What was typed, each part checked by itself. */
interface Typed {
  readonly eventname?: EventName;
  readonly username?: UserName;
  readonly id?: UserId;
}

type EventName = (typeof EVENT_NAMES)[number];

const EVENT_NAMES = ['add', 'edit', 'delete'] as const;

/** Appends one event about a user to the write model and prints its id and position. */
@RootCommand({ name: 'users-command', description: 'Adds, edits and deletes users by appending events.' })
export class UserChangeCommand extends TerminalCommand {
  constructor(private readonly changes: UserChanges) {
    super();
  }

  override setCommand(command: Parameters<TerminalCommand['setCommand']>[0]): this {
    return super.setCommand(command.addHelpCommand('help', 'Display help.'));
  }

  @Option({ flags: '-e, --eventname <name>', description: 'what happens: add, edit or delete (required)' })
  eventname(text: string): EventName {
    const name = EVENT_NAMES.find((known) => known === text);
    if (name) return name;
    throw new CommandError('--eventname must be add, edit or delete');
  }

  @Option({ flags: '-n, --username <name>', description: 'the name, 1 to 100 characters (required to add or edit)' })
  username(text: string): UserName {
    return typed(() => new UserName(text));
  }

  @Option({ flags: '-i, --id <uuid>', description: 'the id of the user (required to edit or delete)' })
  id(text: string): UserId {
    return typed(() => new UserId(text));
  }

  override async run(_: readonly string[], typed: Typed): Promise<void> {
    checkDatabaseUrls('WRITE_MODEL_URL');
    const { event, id, position } = await this.#change(typed);
    process.stdout.write(`${event} ${id.value} at position ${position.id}\n`);
  }

  async #change({ eventname, username, id }: Typed): Promise<Change> {
    switch (eventname) {
      case 'add':
        if (id) throw new CommandError('add makes the id by itself; leave out --id');
        return this.changes.add(needed(username, 'add needs --username'));
      case 'edit':
        return this.changes.edit(needed(id, 'edit needs --id'), needed(username, 'edit needs --username'));
      case 'delete':
        if (username) throw new CommandError('delete takes no name; leave out --username');
        return this.changes.delete(needed(id, 'delete needs --id'));
      case undefined:
        throw new CommandError('--eventname is missing: add, edit or delete; `help` lists what there is');
    }
  }
}

/** Turns the refusal of a value into that of the command. */
function typed<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof InvalidUserError ? new CommandError(error.message) : error;
  }
}

function needed<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new CommandError(otherwise);
  return value;
}
