import { contractError } from './contract-error.js';
import { isName } from './names.js';
import type { StoredDefinition } from './event-definition.js';

/** Where an argument is kept, or all arguments of a contract: before the routes of the application. */
export interface StoredOptions {
  /** The payload store that keeps it; of several, all keep it, and the first that has it is read. */
  readonly in?: string | readonly string[];
  /** Kept there only when it is larger than so many bytes; in the event otherwise. */
  readonly aboveBytes?: number;
  /** How long those stores keep it. */
  readonly ttlMs?: number;
  /** Encrypted where the application encrypts, personal or not. */
  readonly encrypted?: boolean;
}

/**
 * Joins what an argument and its contract were told, the argument's first, option by option.
 *
 * @throws BackboneError `EB_CONTRACT` for what is no name, number or known option, and for options that mean nothing
 *   without a store.
 */
export function storedDefinition(
  where: string,
  contract: StoredOptions | undefined,
  argument: StoredOptions | undefined,
): StoredDefinition | undefined {
  if (!contract && !argument) return undefined;
  const refused = (why: string) => contractError(where, `has a @Stored ${why}`);
  const told: StoredOptions = { ...contract, ...onlyTold(argument ?? {}) };
  const unknown = Object.keys(told).find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) throw refused(`that knows no option ${unknown}; it knows ${OPTIONS.join(', ')}`);
  const { in: stores, aboveBytes, ttlMs, encrypted } = told;
  const names = typeof stores === 'string' ? [stores] : stores;
  if (names !== undefined && !isListOfNames(names)) {
    throw refused('whose `in` is not the name of a payload store, or a list of names');
  }
  for (const [option, value, least] of [
    ['aboveBytes', aboveBytes, 0],
    ['ttlMs', ttlMs, 1],
  ] as const) {
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < least)
      throw refused(`whose \`${option}\` is not a whole number from ${least}`);
    if (!names) throw refused(`with \`${option}\` and without a store; name one in \`in\``);
  }
  if (encrypted !== undefined && typeof encrypted !== 'boolean') throw refused('whose `encrypted` is not a boolean');
  return Object.freeze({
    ...onlyTold({ aboveBytes, ttlMs, encrypted }),
    ...(names && { in: Object.freeze([...names]) }),
  });
}

const OPTIONS: readonly string[] = ['in', 'aboveBytes', 'ttlMs', 'encrypted'];

function onlyTold<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>;
}

function isListOfNames(list: readonly unknown[]): boolean {
  const areNames = Array.isArray(list) && list.every((name) => typeof name === 'string' && isName(name));
  return areNames && list.length > 0 && new Set(list).size === list.length;
}
