import type { Codec } from './codec.js';
import { ERASED, Erased } from './erased.js';
import { BackboneError } from './errors.js';
import type { ArgumentDefinition, EventDefinition } from './event-definition.js';
import { decodeField, encodeField, ownWords, undecodable } from './event-field.js';
import { newFields, type Fields, type FieldValue, type Message } from './message.js';
import { joinedArgument, segmentsIn, splitArgument } from './segments.js';

/**
 * Turns the arguments of a producer's call into fields, to which more may be added.
 *
 * @throws BackboneError `EB_ARGUMENT` with the path and the constraint that failed; never with the value.
 */
export function encodeArguments(
  event: EventDefinition,
  args: readonly unknown[],
  codec: Codec,
): Record<string, FieldValue> {
  const { type } = event;
  if (args.length > event.arguments.length) {
    const count = event.arguments.length;
    throw new BackboneError('EB_ARGUMENT', `${type} takes ${count} arguments, got ${args.length}`, {
      details: { path: `arguments[${count}]`, constraint: `at most ${count} arguments` },
    });
  }
  const fields = newFields();
  for (let i = 0; i < args.length; i += 1) {
    const value = args[i];
    const argument = event.arguments[i];
    if (value === undefined || argument === undefined) continue;
    const { field, shape, segments } = argument;
    // What was erased is refused with a message of its own.
    const isNothing = value === null || value instanceof Erased;
    if (!isNothing && !shape.accepts(value)) {
      throw new BackboneError('EB_ARGUMENT', `argument "${field}" of ${type} is not ${shape.name}`, {
        details: { path: field, constraint: shape.name },
      });
    }
    if (!segments || isNothing) {
      fields[field] = encodeField(type, field, value, codec);
    } else {
      for (const [segment, part] of splitArgument(type, argument, value)) {
        fields[segment] = encodeField(type, segment, part, codec);
      }
    }
  }
  return fields;
}

/**
 * Turns fields back into arguments of the declared types. An argument whose field was erased is `ERASED`, whether or not
 * its handlers can do without it.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path; never with the value.
 */
export function decodeArguments(
  event: EventDefinition,
  fields: Fields,
  codec: Codec,
  erased: Message['erased'] = NOTHING,
): unknown[] {
  return event.arguments.map((argument) => {
    const { field, shape } = argument;
    if (isErased(argument, fields, erased)) return ERASED;
    // A channel may give an ordinary object, on which a field named `valueOf` seems to be there always.
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    let decoded: unknown;
    if (value !== undefined) decoded = decodeField(event.type, field, value, codec);
    else if (argument.segments)
      decoded = joinedArgument(event.type, argument, segmentsIn(fields, field, erased), codec);
    if (decoded === undefined) return undefined;
    try {
      return shape.plain ? decoded : shape.revive(decoded, field);
    } catch (error) {
      throw undecodable(event.type, field, ownWords(error) ?? `its data does not fit ${shape.name}`, error);
    }
  });
}

/** Tells whether an event lacks an argument that was erased and that its handlers cannot do without. */
export function lacksErased(event: EventDefinition, { fields, erased }: Message): boolean {
  if (erased === undefined || erased.length === 0) return false;
  return event.arguments.some((argument) => !argument.erasable && isErased(argument, fields, erased));
}

const NOTHING: readonly string[] = Object.freeze([]);

/** One with segments is erased when nothing of it is left. */
function isErased(argument: ArgumentDefinition, fields: Fields, erased: readonly string[]): boolean {
  if (erased.length === 0) return false;
  const { field, segments } = argument;
  if (erased.includes(field)) return true;
  if (!segments || !erased.some((name) => name.startsWith(`${field}.`))) return false;
  return !Object.hasOwn(fields, field) && segmentsIn(fields, field, erased).length === 0;
}
