import type { Codec } from './codec.js';
import type { ArgumentDefinition } from './event-definition.js';
import { decodeField, ownWords, undecodable } from './event-field.js';
import type { Message } from './message.js';
import { joinedArgument, segmentsIn } from './segments.js';

type Stored = Pick<Message, 'fields' | 'erased'>;

/**
 * Turns what is stored of one argument back into it; `undefined` when there is nothing.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path; never with the value.
 */
export function decodedArgument(
  type: string,
  argument: ArgumentDefinition,
  { fields, erased = NOTHING }: Stored,
  codec: Codec,
): unknown {
  const { field, shape, segments } = argument;
  // A channel may give an ordinary object, on which a field named `valueOf` seems to be there always.
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  let decoded: unknown;
  if (value !== undefined) decoded = decodeField(type, field, value, codec);
  else if (segments) decoded = joinedArgument(type, argument, segmentsIn(fields, field, erased), codec);
  if (decoded === undefined) return undefined;
  try {
    return shape.plain ? decoded : shape.revive(decoded, field);
  } catch (error) {
    throw undecodable(type, field, ownWords(error) ?? `its data does not fit ${shape.name}`, error);
  }
}

/** Tells whether an argument was erased; one with segments is when nothing of it is left. */
export function isErasedArgument(
  { field, segments }: ArgumentDefinition,
  { fields, erased = NOTHING }: Stored,
): boolean {
  if (erased.length === 0) return false;
  if (erased.includes(field)) return true;
  if (!segments || !erased.some((name) => name.startsWith(`${field}.`))) return false;
  return !Object.hasOwn(fields, field) && segmentsIn(fields, field, erased).length === 0;
}

const NOTHING: readonly string[] = Object.freeze([]);
