import { Erased } from './erased.js';
import { BackboneError } from './errors.js';
import {
  personalFieldsOf,
  type ArgumentDefinition,
  type ArgumentsByName,
  type EventDefinition,
} from './event-definition.js';
import type { Fields } from './message.js';

/**
 * Evaluates whose data the personal fields of an event hold, by field; `undefined` when the contract names no subject.
 *
 * @throws BackboneError `EB_ARGUMENT` for a subject that is empty, or no text or number; never with its value.
 */
export function dataSubjects(
  event: EventDefinition,
  args: readonly unknown[],
  fields: Fields,
): Readonly<Record<string, string>> | undefined {
  let subjects: Record<string, string> | undefined;
  let byName: ArgumentsByName | undefined;
  for (let i = 0; i < args.length; i += 1) {
    const argument = event.arguments[i];
    // Nobody's data: there is none.
    if (!argument?.subject || args[i] === null) continue;
    const stored = personalFieldsOf(argument).filter((field) => Object.hasOwn(fields, field));
    const [first] = stored;
    if (first === undefined) continue;
    byName ??= argumentsByName(event, args);
    const subject = subjectOf(event, argument, byName);
    subjects ??= {};
    for (const field of stored) subjects[field] = subject;
  }
  return subjects;
}

function argumentsByName(event: EventDefinition, args: readonly unknown[]): ArgumentsByName {
  const byName = Object.fromEntries(event.arguments.map(({ field }, i) => [field, args[i]]));
  for (const [i, { field }] of event.arguments.entries()) {
    // Of a relayed event. Whatever was made of it would be somebody else's name.
    if (args[i] instanceof Erased) Object.defineProperty(byName, field, { get: wasErased });
  }
  return byName;
}

function wasErased(): never {
  throw new BackboneError('EB_ARGUMENT', 'it was erased');
}

function subjectOf(
  { type }: EventDefinition,
  { field, subject: select }: ArgumentDefinition,
  args: ArgumentsByName,
): string {
  let subject: unknown;
  try {
    subject = select?.(args);
  } catch {
    // What it throws may well quote an argument.
    throw refused(type, field, 'threw');
  }
  if (typeof subject === 'string' && subject.trim() !== '') return subject;
  if (typeof subject === 'bigint' || (typeof subject === 'number' && Number.isFinite(subject))) return String(subject);
  throw refused(type, field, 'gave no text or number, or an empty text');
}

function refused(type: string, field: string, what: string): BackboneError {
  const message = `the data subject of the argument "${field}" of ${type} is not known: its @Personal({ of }) ${what}; nothing was stored`;
  return new BackboneError('EB_ARGUMENT', message, { details: { path: field, constraint: 'subject' } });
}
