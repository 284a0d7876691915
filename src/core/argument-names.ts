import { contractError } from './contract-error.js';

/** What a contract method returned when it was called with markers in place of its arguments. */
export interface ProbedNames {
  /** The name of each argument; `undefined` where the returned payload does not hold it. */
  readonly names: readonly (string | undefined)[];
  /** Why nothing could be read, for the error of a nameless argument. */
  readonly failure?: string;
}

/**
 * Reads the names of a contract method's arguments from the payload it returns, by calling it once with a marker for
 * each argument. Keys of an object survive minification; parameter names do not.
 *
 * @throws BackboneError `EB_CONTRACT` for a rest parameter: an event has a fixed number of arguments.
 */
export function probeArgumentNames(method: (...args: unknown[]) => unknown, count: number, where: string): ProbedNames {
  const extra = 2;
  const markers = Array.from({ length: count + extra }, (_, index) => Object.freeze({ argument: index }));
  let entries: readonly (readonly [string, unknown])[];
  try {
    const payload: unknown = Reflect.apply(method, undefined, markers);
    if (payload instanceof Promise) {
      payload.catch(() => undefined);
      return { names: [], failure: 'it returns a promise' };
    }
    if (typeof payload !== 'object' || payload === null) return { names: [], failure: 'it returns no object' };
    entries = Object.entries(payload);
  } catch (cause) {
    return { names: [], failure: `it threw ${cause instanceof Error ? cause.name : 'something'} when it was probed` };
  }
  const names: (string | undefined)[] = [];
  for (const [name, value] of entries) {
    const index = markers.indexOf(value as never);
    if (index >= count || (Array.isArray(value) && value.some((item) => markers.includes(item as never)))) {
      throw contractError(where, 'has a rest parameter; take one array argument instead');
    }
    if (index >= 0) names[index] ??= name;
  }
  return { names };
}
