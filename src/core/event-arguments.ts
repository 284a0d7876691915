import type { Codec } from './codec.js';
import { ERASED, Erased } from './erased.js';
import { BackboneError } from './errors.js';
import { decodedArgument, isErasedArgument } from './decoded-argument.js';
import type { EventDefinition } from './event-definition.js';
import { encodeField } from './event-field.js';
import { newFields, type FieldValue, type Message } from './message.js';
import { splitArgument } from './segments.js';
import { upcastArguments, type StoredArguments } from './upcast-arguments.js';

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
 * Turns what is stored of an event back into arguments of the declared types; of an older version, what its upcasters make
 * of it. An argument that was erased is `ERASED`, whether or not its handlers can do without it.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path; never with the value.
 */
export function decodeArguments(event: EventDefinition, message: StoredArguments, codec: Codec): unknown[] {
  const upcast = upcastOf(event, message, codec);
  if (upcast) return event.arguments.map(({ field }) => upcast.get(field)?.value);
  return event.arguments.map((argument) =>
    isErasedArgument(argument, message) ? ERASED : decodedArgument(event.type, argument, message, codec),
  );
}

/** Tells whether an event lacks an argument that was erased and that its handlers cannot do without. */
export function lacksErased(event: EventDefinition, message: Message, codec: Codec): boolean {
  if (message.erased === undefined || message.erased.length === 0) return false;
  if (message.type === event.type) {
    return event.arguments.some((argument) => !argument.erasable && isErasedArgument(argument, message));
  }
  try {
    const args = message.contentType === codec.contentType ? decodeArguments(event, message, codec) : [];
    return args.some((value, i) => value === ERASED && event.arguments[i]?.erasable !== true);
  } catch {
    // Whoever decodes it is told.
    return false;
  }
}

/** The arguments of an event that was stored as an older version; `undefined` of one that was not. */
export function upcastOf(
  event: EventDefinition,
  message: StoredArguments,
  codec: Codec,
  isTraced?: boolean,
): ReturnType<typeof upcastArguments> | undefined {
  if (message.type === event.type) return undefined;
  const steps = event.upcasts?.get(message.type);
  return steps && upcastArguments(event, steps, message, codec, isTraced);
}
