import type { Codec } from './codec.js';
import { contractError } from './contract-error.js';
import type { DeclaredSegments } from './contract-metadata.js';
import { BackboneError } from './errors.js';
import type { ArgumentDefinition, SegmentsDefinition } from './event-definition.js';
import { decodeField, undecodable } from './event-field.js';
import type { Fields, FieldValue } from './message.js';
import { checkedName, isName } from './names.js';

/**
 * Checks how an argument is to be taken apart.
 *
 * @throws BackboneError `EB_CONTRACT`, `EB_NAME`
 */
export function segmentsDefinition(
  where: string,
  field: string,
  declared: DeclaredSegments,
  isPersonal: boolean,
): SegmentsDefinition {
  const { split, join, personal = [] } = declared;
  if (typeof split !== 'function' || typeof join !== 'function') {
    throw contractError(where, 'has segments without the functions `split` and `join`');
  }
  if (isPersonal && personal.length === 0) {
    throw contractError(where, "is @Personal and has segments; name those with personal data: personal: ['contact']");
  }
  for (const name of personal) checkedName(`name of a segment of ${where}`, `${field}.${name}`);
  return Object.freeze({ split, join, personal: Object.freeze([...personal]) } as SegmentsDefinition);
}

/**
 * Takes an argument apart: gives the name of each field and what it holds.
 *
 * @throws BackboneError `EB_ARGUMENT`; never with the value.
 */
export function splitArgument(
  type: string,
  { field, segments }: ArgumentDefinition,
  argument: unknown,
): readonly (readonly [string, unknown])[] {
  const refused = (why: string) =>
    new BackboneError('EB_ARGUMENT', `argument "${field}" of ${type} cannot be taken apart: its \`split\` ${why}`, {
      details: { path: field, constraint: 'segments' },
    });
  let parts: unknown;
  try {
    parts = segments?.split(argument);
  } catch {
    // What it throws may well quote the argument.
    throw refused('threw');
  }
  if (typeof parts !== 'object' || parts === null || parts instanceof Promise) throw refused('gave no object');
  const fields = Object.entries(parts)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => [`${field}.${name}`, part] as const);
  if (fields.length === 0) throw refused('gave no part');
  if (!fields.every(([name]) => isName(name))) throw refused('gave a part whose name is not valid');
  return fields;
}

/**
 * Puts an argument together of its segments; `undefined` when there is none.
 *
 * @throws BackboneError `EB_UNDECODABLE`; never with the value.
 */
export function joinedArgument(
  type: string,
  { field, segments }: ArgumentDefinition,
  stored: readonly (readonly [string, FieldValue])[],
  codec: Codec,
): unknown {
  if (stored.length === 0) return undefined;
  const parts = stored.map(([name, value]) => {
    return [name.slice(field.length + 1), decodeField(type, name, value, codec)] as const;
  });
  try {
    return segments?.join(Object.fromEntries(parts));
  } catch {
    throw undecodable(type, field, 'its `join` threw');
  }
}

/** Returns the segments of an argument that are there and were not erased, by the names of their fields. */
export function segmentsIn(
  fields: Fields,
  field: string,
  erased: readonly string[],
): readonly (readonly [string, FieldValue])[] {
  return Object.entries(fields).filter(([name]) => name.startsWith(`${field}.`) && !erased.includes(name));
}
