import { CommandError, EXIT } from './command-error.js';

/**
 * Reads the URL of a PostgreSQL database from a variable of the environment.
 *
 * @throws CommandError that names the variable and not its value, which may hold a password.
 */
export function databaseUrl(variable: string, absent: string): string {
  // An empty variable is what a compose file passes on for one that is not set.
  const url = process.env[variable] ?? '';
  if (url === '') return absent;
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new CommandError(`${variable} must be of the form postgres://user:password@host:port/database`, EXIT.failed);
}
