import {
  BackboneError,
  describeError,
  mayBePersonal,
  plainField,
  type Codec,
  type ContractDefinition,
  type Message,
  type Position,
  type ReadEvent,
} from '../core/index.js';
import type { EventView, JsonValue } from './dashboard-api.js';
import { ShownValues, type ShownLimits } from './shown-value.js';

/** How events are shown. */
export interface Showing {
  readonly contracts: readonly ContractDefinition[];
  readonly codec: Codec;
  /** Show personal and encrypted arguments. */
  readonly personal: boolean;
  readonly limits: ShownLimits;
}

const HIDDEN: JsonValue = Object.freeze({ $personal: true });
const GONE: JsonValue = Object.freeze({ $erased: true });

/** Shows an event as plain JSON. Never throws: what cannot be read says so. */
export function eventView({ position, appendedAt, message, malformed }: ReadEvent, showing: Showing): EventView {
  const at = { position: positionText(position), appendedAt };
  const why = malformed && { malformed: describeError(malformed) };
  if (!message) return { ...at, malformed: 'it is no event', ...why, ...NO_EVENT };
  const { id, type, key, time, source, correlationId, causationId, traceparent, headers } = message;
  const fields = Object.keys(message.fields);
  const erased = message.erased ?? [];
  // What the contract calls personal counts, whatever the event says.
  const isHidden = (field: string) => showing.contracts.some((contract) => mayBePersonal(contract, type, field));
  const hidden = new Set([...message.personal, ...fields.filter(isHidden)]);
  return {
    ...at,
    ...why,
    ...{ id, type, key, time, source, correlationId, headers },
    ...(causationId !== undefined && { causationId }),
    ...(traceparent !== undefined && { traceparent }),
    personal: [...hidden],
    erased,
    arguments: argumentsOf(message, hidden, showing),
  };
}

/** Writes a position as it stands in paths. */
export function positionText({ partition, id }: Position): string {
  return `${partition}:${id}`;
}

/**
 * Reads a position from a path.
 *
 * @throws BackboneError `EB_ARGUMENT`
 */
export function positionOf(text: string): Position {
  const [, partition = '', id = ''] = /^(\d{1,9}):(\d{1,40}(?:-\d{1,40})*)$/.exec(text) ?? [];
  if (id !== '') return { partition: Number(partition), id };
  throw new BackboneError('EB_ARGUMENT', 'a position is written `partition:id`, such as `0:17`', {
    details: { path: 'position' },
  });
}

const NO_EVENT = Object.freeze({
  ...{ id: '', type: '', key: '', time: 0, source: '', correlationId: '' },
  ...{ headers: {}, personal: [], erased: [], arguments: {} },
});

function argumentsOf(message: Message, hidden: ReadonlySet<string>, showing: Showing): EventView['arguments'] {
  const values = new ShownValues(showing.limits);
  const entries = Object.entries(message.fields).map(([field, value]): [string, JsonValue] => [
    field,
    hidden.has(field) && !showing.personal
      ? HIDDEN
      : values.show(plainField(value, message.contentType, showing.codec)),
  ]);
  const erased = (message.erased ?? []).map((field): [string, JsonValue] => [field, GONE]);
  return Object.fromEntries([...entries, ...erased]);
}
