import type { Codec } from './codec.js';
import { dataSubjects } from './data-subjects.js';
import { Erased } from './erased.js';
import { BackboneError } from './errors.js';
import { upcastOf } from './event-arguments.js';
import { personalFieldsOf, type EventDefinition } from './event-definition.js';
import type { Message } from './message.js';

/**
 * Tells of an older version's message which of its fields are personal and whose data they hold, as the version that it is
 * read as says it of the arguments that are made of them.
 *
 * @throws BackboneError `EB_ARGUMENT` when nobody can tell whose data it is, `EB_UNDECODABLE`.
 */
export function upcastPersonal(event: EventDefinition, message: Message, codec: Codec): Message {
  const upcast = upcastOf(event, message, codec, true);
  const isThere = (field: string) => Object.hasOwn(message.fields, field);
  const personal = new Set(message.personal);
  const subjects = new Map<string, string>();
  // Under the argument's own name: of which stored fields it was made is known here only.
  const args = event.arguments.map(({ field }) => upcast?.get(field)?.value);
  const isHere = (value: unknown) => value !== undefined && !(value instanceof Erased);
  const here = event.arguments.filter((_, i) => isHere(args[i])).flatMap(personalFieldsOf);
  const given = Object.fromEntries(here.map((field) => [field, '']));
  const ofArguments = dataSubjects(event, args, given) ?? {};
  for (const { field, personal: isPersonal, stored } of event.arguments) {
    if (!isPersonal && stored?.encrypted !== true) continue;
    const subject = Object.entries(ofArguments).find(([name]) => name === field || name.startsWith(`${field}.`))?.[1];
    for (const name of upcast?.get(field)?.madeOf ?? []) {
      personal.add(name);
      if (subject === undefined) continue;
      if (subjects.has(name) && subjects.get(name) !== subject) throw unknownSubject(message, name);
      subjects.set(name, subject);
    }
  }
  const [only, ...others] = new Set(subjects.values());
  const hasSubjects = event.arguments.some(({ subject }) => subject);
  for (const name of message.personal) {
    if (!hasSubjects || !isThere(name) || subjects.has(name)) continue;
    // Nothing is made of it any more: it is about the one person that the event is about.
    if (only === undefined || others.length > 0) throw unknownSubject(message, name);
    subjects.set(name, only);
  }
  const dataSubject = Object.fromEntries([...subjects].filter(([name]) => isThere(name)));
  return {
    ...message,
    personal: [...personal],
    ...(Object.keys(dataSubject).length > 0 && { dataSubjects: dataSubject }),
  };
}

function unknownSubject({ type }: Message, field: string): BackboneError {
  const message =
    `nobody can tell whose data "${field}" of ${type} is by the version that it is read as; keep the old version as a ` +
    'method of the contract, deprecated, and redrive the event; nothing was stored';
  return new BackboneError('EB_ARGUMENT', message, { details: { path: field, constraint: 'subject' } });
}
