import {
  argumentOfField,
  BackboneError,
  describeContract,
  isName,
  type ContractDefinition,
  type EventDefinition,
} from '../core/index.js';
import type { PayloadRoute } from './payload-route.js';

/** A checked place for fields. */
export interface PayloadPlace {
  readonly stores: readonly string[];
  /** Only what is larger goes there. */
  readonly aboveBytes: number;
  readonly ttlMs: (store: string) => number | undefined;
}

/** A checked route. */
export interface CheckedRoute extends PayloadPlace {
  /** The contract, where one was named by its class. */
  readonly definition: ContractDefinition | undefined;
  matches(contract: string, type: string, event: EventDefinition | undefined): boolean;
  takes(field: string, personal: readonly string[]): boolean;
}

const OPTIONS = ['contract', 'event', 'fields', 'aboveBytes', 'to', 'ttlMs'];

/**
 * Checks a route against the names of the stores that there are.
 *
 * @throws BackboneError `EB_OPTIONS` that names the route's option.
 */
export function checkedRoute(route: PayloadRoute, index: number, known: readonly string[]): CheckedRoute {
  const where = `payloads.routes[${index}]`;
  const refused = (path: string, why: string) => refusal(`${where}${path}`, why);
  if (typeof route !== 'object' || (route as unknown) === null) throw refused('', 'must be an object');
  const [unknown] = Object.keys(route).filter((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw refused(`.${unknown}`, `is no option of a route; use ${OPTIONS.join(', ')}`);
  const { contract, event, fields = 'all', aboveBytes = -1, to, ttlMs } = route;
  const stores = checkedStores(`${where}.to`, typeof to === 'string' ? [to] : to, known);
  if (aboveBytes !== -1 && !isWhole(aboveBytes, 0)) throw refused('.aboveBytes', 'must be a whole number from 0');
  checkTtl(ttlMs, stores, refused);
  if (typeof contract === 'string' ? !isName(contract) : contract !== undefined && typeof contract !== 'function') {
    throw refused('.contract', 'must be a contract class or its name');
  }
  if (event !== undefined && (typeof event !== 'string' || event === '')) {
    throw refused('.event', 'must be the name of an event');
  }
  if (fields !== 'all' && fields !== 'personal' && (!Array.isArray(fields) || !fields.every(isFieldName))) {
    throw refused('.fields', "must be 'all', 'personal' or a list of field names");
  }
  const definition = typeof contract === 'function' ? describeContract(contract) : undefined;
  const events = [...(definition?.byType.values() ?? [])].filter((each) => isMeant(event, each.type, each));
  if (definition && events.length === 0) throw refused('.event', `is no event of ${definition.cls.name}`);
  const listed = typeof fields === 'string' ? undefined : new Set<string>(fields);
  const stray = [...(listed ?? [])].find((field) => definition && !events.some((each) => hasField(each, field)));
  if (stray !== undefined) throw refused('.fields', `names "${stray}", and no such event has that field`);
  const name = typeof contract === 'string' ? contract : definition?.name;
  return {
    ...{ stores, aboveBytes, definition },
    ttlMs: (store) => (typeof ttlMs === 'object' ? ttlMs[store] : ttlMs),
    matches: (stream, type, of) => (name === undefined || name === stream) && isMeant(event, type, of),
    takes: (field, personal) => listed?.has(field) ?? (fields === 'all' || personal.includes(field)),
  };
}

/**
 * Checks the names of the stores that are to keep a field.
 *
 * @throws BackboneError `EB_OPTIONS`
 */
export function checkedStores(path: string, stores: readonly string[], known: readonly string[]): readonly string[] {
  if (!Array.isArray(stores) || stores.length === 0) throw refusal(path, 'must name a payload store');
  const names = stores as readonly string[];
  if (new Set(names).size !== names.length) throw refusal(path, 'names a payload store twice');
  const missing = names.find((name) => !known.includes(name));
  if (missing === undefined) return [...names];
  const there = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
  throw refusal(
    path,
    `names the payload store ${JSON.stringify(missing)}, and ${there}; add it to \`payloads.stores\``,
  );
}

/** An error about an option of the application's payloads. */
export function refusal(path: string, why: string): BackboneError {
  return new BackboneError('EB_OPTIONS', `${path} ${why}`, { details: { path } });
}

/** Whether a value is a whole number, at least so large. */
export function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function checkTtl(
  ttlMs: PayloadRoute['ttlMs'],
  stores: readonly string[],
  refused: (path: string, why: string) => BackboneError,
): void {
  if (ttlMs === undefined) return;
  const times: Readonly<Record<string, unknown>> = typeof ttlMs === 'object' ? ttlMs : { [stores[0] ?? '']: ttlMs };
  const stray = Object.keys(times).find((store) => !stores.includes(store));
  if (stray !== undefined) throw refused('.ttlMs', `names ${JSON.stringify(stray)}, which \`to\` does not`);
  if (Object.values(times).every((time) => isWhole(time, 1))) return;
  throw refused('.ttlMs', 'must be a whole number of milliseconds from 1, or one for each store');
}

function isMeant(event: string | undefined, type: string, of: EventDefinition | undefined): boolean {
  return event === undefined || event === type || event === of?.method;
}

/** Fields of a middleware's own are in no contract. */
function hasField(event: EventDefinition, field: string): boolean {
  return field.startsWith('x-') || argumentOfField(event, field) !== undefined;
}

function isFieldName(field: unknown): boolean {
  return typeof field === 'string' && isName(field) && !field.startsWith('.');
}
