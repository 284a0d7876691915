import type { Codec } from './codec.js';
import type { EventDefinition } from './contract-definition.js';
import { BackboneError, isBackboneError } from './errors.js';
import { newFields, type Fields } from './message.js';

/**
 * Turns the arguments of a producer's call into fields.
 *
 * @throws BackboneError `EB_ARGUMENT` with the path and the constraint that failed; never with the value.
 */
export function encodeArguments(event: EventDefinition, args: readonly unknown[], codec: Codec): Fields {
  if (args.length > event.arguments.length) {
    const count = event.arguments.length;
    throw new BackboneError('EB_ARGUMENT', `${event.type} takes ${count} arguments, got ${args.length}`, {
      details: { path: `arguments[${count}]`, constraint: `at most ${count} arguments` },
    });
  }
  const fields = newFields();
  for (let i = 0; i < args.length; i += 1) {
    const value = args[i];
    const argument = event.arguments[i];
    if (value === undefined || argument === undefined) continue;
    if (value !== null && !argument.shape.accepts(value)) {
      const { field, shape } = argument;
      throw new BackboneError('EB_ARGUMENT', `argument "${field}" of ${event.type} is not ${shape.name}`, {
        details: { path: field, constraint: shape.name },
      });
    }
    try {
      fields[argument.field] = codec.encode(value);
    } catch (error) {
      throw encodeFailure(event, argument.field, error);
    }
  }
  return fields;
}

/**
 * Turns fields back into arguments of the declared types.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path; never with the value.
 */
export function decodeArguments(event: EventDefinition, fields: Fields, codec: Codec): unknown[] {
  return event.arguments.map(({ field, shape }) => {
    // A channel may give an ordinary object, on which a field named `valueOf` seems to be there always.
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
      throw decodeFailure(event, field, `it lives in the payload store "${value.store}", which is not set up`);
    }
    let decoded: unknown;
    try {
      decoded = codec.decode(value);
    } catch (error) {
      // A parser's message quotes the text, which may be personal data: only our own messages are kept.
      throw decodeFailure(event, field, ownWords(error) ?? `it is not ${codec.contentType}`, error);
    }
    try {
      return shape.plain ? decoded : shape.revive(decoded, field);
    } catch (error) {
      throw decodeFailure(event, field, ownWords(error) ?? `its data does not fit ${shape.name}`, error);
    }
  });
}

function decodeFailure(event: EventDefinition, field: string, why: string, error?: unknown): BackboneError {
  const path = isBackboneError(error) && typeof error.details['path'] === 'string' ? error.details['path'] : field;
  return new BackboneError('EB_UNDECODABLE', `argument "${field}" of ${event.type} cannot be decoded: ${why}`, {
    details: { path },
  });
}

function encodeFailure(event: EventDefinition, field: string, error: unknown): BackboneError {
  const details = isBackboneError(error) ? error.details : {};
  const inner = typeof details['path'] === 'string' ? details['path'] : '';
  const path = inner === '' || inner.startsWith('[') ? field + inner : `${field}.${inner}`;
  const why = ownWords(error) ?? 'it cannot be encoded';
  return new BackboneError('EB_ARGUMENT', `argument "${field}" of ${event.type}: ${why}`, {
    details: { path, constraint: details['constraint'] ?? 'encodable' },
  });
}

/** The message of an error of this library, without its code. */
function ownWords(error: unknown): string | undefined {
  return isBackboneError(error) ? error.message.replace(/^EB_\w+: /, '') : undefined;
}
