import { Option, type Command } from 'commander';
import { eventOfMethod, eventsByType, type ContractDefinition, type Stream } from '../core/index.js';
import { storedFields } from '../history/event-selection.js';
import { checkedRange, type ReadRange } from '../history/read-range.js';
import type { Wanted } from '../history/stream-history.js';
import { CommandFailure } from './command-failure.js';
import type { OpenConnection } from './open-connection.js';
import { parsePlace, parsePositions, PLACE_FORMS } from './places.js';
import type { SourceOptions } from './source-options.js';

/** Which events are read, and how they are shown. */
export interface SelectionOptions extends SourceOptions {
  readonly from?: string;
  readonly after?: string;
  readonly until?: string;
  readonly key?: string;
  readonly type?: readonly string[];
  readonly field?: readonly string[];
  readonly limit?: number;
  readonly full?: boolean;
  readonly personal?: boolean;
}

/** Adds the options that choose events and how they are shown. */
export function withSelection(command: Command): Command {
  return command
    .addOption(new Option('--from <place>', `the first event: ${PLACE_FORMS}`))
    .addOption(new Option('--after <positions>', 'behind these: where an earlier read has ended'))
    .addOption(new Option('-k, --key <key>', 'events of this key only'))
    .addOption(new Option('-t, --type <names...>', "events of these types only: placed.v1, or the contract's methods"))
    .addOption(new Option('--field <names...>', 'these arguments only'))
    .addOption(new Option('-n, --limit <count>', 'at most so many events').argParser(count))
    .addOption(new Option('--full', 'whole values, and everything that travels with an event'))
    .addOption(new Option('--personal', 'show personal arguments, too'));
}

/**
 * What is to be read of a stream's events.
 *
 * @throws CommandFailure or BackboneError `EB_ARGUMENT` for an event or an argument that the contracts do not have.
 */
export function wantedOf({ key, type, field }: SelectionOptions, contracts: readonly ContractDefinition[]): Wanted {
  const events = contracts.flatMap(({ byType }) => [...byType.values()]);
  const fields = events.length === 0 ? field : storedFields(events, field);
  return { key, fields, types: type?.flatMap((name) => typesOf(name, contracts)) };
}

/**
 * From where to where to read.
 *
 * @throws CommandFailure or BackboneError `EB_ARGUMENT` that name what cannot be read.
 */
export function rangeOf({ from, after, until }: SelectionOptions, follow?: AbortSignal): ReadRange {
  const begin = from === undefined ? undefined : parsePlace('--from', from);
  const end = until === undefined ? undefined : parsePlace('--until', until);
  const [first, ...others] = begin === undefined || begin instanceof Date ? [begin] : begin;
  if (others.length > 0) throw new CommandFailure('--from takes one position; --after takes one for each partition');
  const behind = after === undefined ? undefined : parsePositions('--after', after);
  return checkedRange({ from: first, after: behind, until: end, follow });
}

/** The contracts of a stream. */
export function contractsOf({ contracts }: OpenConnection, { contract }: Stream): readonly ContractDefinition[] {
  return contracts.filter(({ name }) => name === contract);
}

/** Reads a whole number from 1. */
export function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= 1) return number;
  throw new CommandFailure('a count must be a whole number from 1');
}

/** A method of a contract means its event, in every version that is read as it; anything else is a type already. */
function typesOf(name: string, contracts: readonly ContractDefinition[]): readonly string[] {
  for (const contract of contracts) {
    const event = eventOfMethod(contract, name);
    if (event) return [...eventsByType([event]).keys()];
  }
  if (/\.v\d+$/.test(name)) return [name];
  const known = contracts.flatMap(({ byMethod }) => [...byMethod.keys()]).join(', ');
  const remedy = known === '' ? 'write it with its version, placed.v1' : `there are ${known}`;
  throw new CommandFailure(`no contract here has an event named in --type; ${remedy}`);
}
