import {
  BackboneError,
  eventOfMethod,
  selectedMethod,
  type ContractDefinition,
  type Erasure,
  type EventArgs,
  type EventDefinition,
  type EventName,
  type EventRef,
  type EventRefs,
  type HandledName,
} from '../core/index.js';
import type { PastEvent } from './past-event.js';

/** One event of a contract: by a selector, `(e) => e.orderPlaced`, or by its method's name. */
export type Selection<C> = HandledName<C> | ((events: EventRefs<C>) => EventRef);

/** The names that a selection picks; a selector picks every event with the same arguments, as far as types can tell. */
export type SelectedName<C, S> = S extends string
  ? S
  : S extends (events: never) => EventRef<infer Args>
    ? NameOfArgs<C, Args>
    : never;

type NameOfArgs<C, Args> = {
  [K in HandledName<C>]: [ArgsOf<C, K>, Args] extends [Args, ArgsOf<C, K>] ? K : never;
}[HandledName<C>];

type ArgsOf<C, K> = K extends '$erased' ? [erasure: Erasure] : K extends keyof C ? EventArgs<C, K> : never;

/** The arguments of an event by name: what its contract method returns. */
export type NamedArguments<C, K> = K extends '$erased'
  ? { readonly erasure: Erasure }
  : K extends keyof C
    ? C[K] extends (...args: never[]) => infer Payload
      ? Readonly<Payload>
      : never
    : never;

/** The names of the arguments of a contract's events. */
export type FieldName<C, K = HandledName<C>> = K extends unknown ? keyof NamedArguments<C, K> & string : never;

/** The events of a contract as a union that `name` tells apart; with only some of their arguments for some fields. */
export type EventOf<C, K = EventName<C>, F = FieldName<C>> =
  K extends HandledName<C> ? PastEvent<K, Pick<NamedArguments<C, K>, Extract<keyof NamedArguments<C, K>, F>>> : never;

/**
 * Returns the events that were selected; all of the contract when none was.
 *
 * @throws BackboneError `EB_ARGUMENT` for an event that the contract does not have, and for an empty list.
 */
export function selectedEvents<C>(
  contract: ContractDefinition,
  selections?: readonly Selection<C>[],
): readonly EventDefinition[] {
  if (!selections) return [...contract.byType.values()];
  if (selections.length === 0) throw refused('`types` is empty; name an event, or leave it out for all');
  return selections.map((selection) => {
    const method: string | undefined = typeof selection === 'string' ? selection : selectedMethod(selection);
    const event = method === undefined ? undefined : eventOfMethod(contract, method);
    if (event) return event;
    throw refused(
      `${contract.cls.name} has no event ${method ?? 'that a selector picks'}; give methods of the contract`,
    );
  });
}

/**
 * Returns the stored fields to fetch for some arguments; `undefined` for all of them.
 *
 * @throws BackboneError `EB_ARGUMENT` for a name that no argument of these events has.
 */
export function storedFields(
  events: readonly EventDefinition[],
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!names) return undefined;
  const all = events.flatMap((event) => event.arguments);
  const unknown = names.find((name) => !all.some(({ field }) => field === name));
  if (unknown !== undefined) {
    const known = [...new Set(all.map(({ field }) => field))].join(', ');
    throw refused(
      `no event that is read has an argument of the name given in \`fields\`; there are ${known}`,
      'fields',
    );
  }
  // Which segments an event has, only the event knows; of what an upcaster makes an argument, only the upcaster.
  const isOpen = all.some(({ field, segments }) => segments && names.includes(field));
  return isOpen || events.some(({ upcasts }) => upcasts) ? undefined : names;
}

function refused(message: string, path = 'types'): BackboneError {
  return new BackboneError('EB_ARGUMENT', `reading: ${message}`, { details: { path } });
}
