import { createRequire } from 'node:module';
import { Command } from 'nest-commander';
import { TerminalCommand } from './terminal-command.js';

/** `version`: prints the version of the library that the command line is built on. */
@Command({ name: 'version', description: 'Display version.' })
export class VersionCommand extends TerminalCommand {
  override run(): Promise<void> {
    const { version } = createRequire(import.meta.url)('nest-event-backbone/package.json') as { version: string };
    process.stdout.write(`${version}\n`);
    return Promise.resolve();
  }
}
