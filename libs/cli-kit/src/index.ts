/** What the demo's command lines share: one way to run and to end, and what goes to which stream. */
export { CommandError, EXIT } from './command-error.js';
export { checkDatabaseUrls, databaseUrl } from './database-url.js';
export { runCommandLine } from './run-command-line.js';
export { TerminalCommand } from './terminal-command.js';
export { VersionCommand } from './version.command.js';
