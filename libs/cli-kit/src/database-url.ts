import { CommandError, EXIT } from './command-error.js';

/** Leads nowhere, by RFC 2606. */
const NOWHERE = 'postgres://unusable.invalid';

/**
 * Returns the URL of a PostgreSQL database as a variable of the environment gives it, and one that leads nowhere in place
 * of what is no such URL: `help` needs none. Whoever needs it calls {@link checkDatabaseUrls} first.
 */
export function databaseUrl(variable: string, absent: string): string {
  const url = given(variable) ?? absent;
  return isUsable(url) ? url : NOWHERE;
}

/**
 * Refuses variables that hold something else than the URL of a PostgreSQL database.
 *
 * @throws CommandError that names the variable and not its value, which may hold a password.
 */
export function checkDatabaseUrls(...variables: readonly string[]): void {
  for (const variable of variables) {
    const url = given(variable);
    if (url === undefined || isUsable(url)) continue;
    throw new CommandError(`${variable} must be of the form postgres://user:password@host:port/database`, EXIT.failed);
  }
}

function given(variable: string): string | undefined {
  // An empty variable is what a compose file passes on for one that is not set.
  return process.env[variable] || undefined;
}

function isUsable(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url) && URL.canParse(url);
}
