import { ATTACHMENT } from './attachment.js';
import type { Codec } from './codec.js';
import { ERASED, Erased } from './erased.js';
import { decodedArgument, isErasedArgument } from './decoded-argument.js';
import type { ArgumentDefinition, EventDefinition, UpcastStep } from './event-definition.js';
import { decodeField, ownWords, undecodable } from './event-field.js';
import type { Message } from './message.js';

/** An argument on its way from an older version to a newer one. */
export interface UpcastArgument {
  /** `ERASED` when it was erased, or made of what was. */
  readonly value: unknown;
  /** The names of the stored fields that it was made of; of what an upcaster made, where that is traced. */
  readonly madeOf: ReadonlySet<string>;
}

/** What is read of a stored event to decode its arguments. */
export type StoredArguments = Pick<Message, 'type' | 'fields' | 'erased'>;

type Arguments = ReadonlyMap<string, UpcastArgument>;

/**
 * Makes the arguments of an event of what an older version stored, by name. Of what each was made is found out where
 * something was erased, or where it is asked for: it costs more than the upcasting itself.
 *
 * @throws BackboneError `EB_UNDECODABLE` with the path, for an upcaster that throws, too; never with a value.
 */
export function upcastArguments(
  event: EventDefinition,
  steps: readonly UpcastStep[],
  message: StoredArguments,
  codec: Codec,
  isTraced = (message.erased ?? []).length > 0,
): Arguments {
  const [first] = steps;
  let args = first?.taken ? knownArguments(first.taken, message, codec) : plainArguments(message, codec);
  for (const step of steps) {
    // Where the version in between is a method of the contract, the next upcaster is promised its types.
    if (step !== first && step.taken) args = fitted(step.taken, args);
    args = stepped(event, step, args, isTraced);
  }
  return fitted(event, args);
}

/** What a version that is a method of the contract has stored. */
function knownArguments(event: EventDefinition, message: StoredArguments, codec: Codec): Arguments {
  return new Map(
    event.arguments.map((argument) => {
      const value = isErasedArgument(argument, message)
        ? ERASED
        : decodedArgument(event.type, argument, message, codec);
      return [argument.field, { value, madeOf: storedAs(argument, message) }];
    }),
  );
}

/** What a version has stored of which only the name is left. */
function plainArguments({ type, fields, erased = [] }: StoredArguments, codec: Codec): Arguments {
  const args = new Map<string, UpcastArgument>();
  for (const [field, value] of Object.entries(fields)) {
    if (field.startsWith(ATTACHMENT) || erased.includes(field)) continue;
    args.set(field, { value: decodeField(type, field, value, codec), madeOf: new Set([field]) });
  }
  for (const field of erased) args.set(field, { value: ERASED, madeOf: new Set([field]) });
  return args;
}

function storedAs(
  { field, segments }: ArgumentDefinition,
  { fields, erased = [] }: StoredArguments,
): ReadonlySet<string> {
  const names = [...Object.keys(fields), ...erased];
  return new Set(names.filter((name) => name === field || (segments && name.startsWith(`${field}.`))));
}

/** Each maker sees the old arguments only, and what it looks at is what its argument is made of. */
function stepped(event: EventDefinition, step: UpcastStep, args: Arguments, isTraced: boolean): Arguments {
  const next = new Map(args);
  const looked = new Set<UpcastArgument>();
  const old = isTraced ? watched(args, looked) : plainly(args);
  for (const [name, make] of step.make) {
    looked.clear();
    const value = made(event, step, name, () => make(old as never));
    const madeOf = new Set([...looked].flatMap((each) => [...each.madeOf]));
    const isErased = [...looked].some((each) => each.value instanceof Erased);
    if (value.failure && !isErased) throw value.failure;
    next.set(name, { value: isErased ? ERASED : value.result, madeOf });
  }
  return next;
}

/** The arguments as an object that notes which of them are looked at. */
function watched(args: Arguments, looked: Set<UpcastArgument>): object {
  const old = Object.create(null) as object;
  for (const [name, argument] of args) {
    const get = () => {
      looked.add(argument);
      return argument.value;
    };
    Object.defineProperty(old, name, { get, enumerable: true });
  }
  return old;
}

function plainly(args: Arguments): object {
  const old = Object.create(null) as Record<string, unknown>;
  for (const [name, { value }] of args) old[name] = value;
  return old;
}

/** What it throws may well quote the old arguments. */
function made(
  { type }: EventDefinition,
  { from, to }: UpcastStep,
  name: string,
  make: () => unknown,
): { readonly result?: unknown; readonly failure?: Error } {
  const failed = (why: string) => ({
    failure: undecodable(type, name, `its upcaster from version ${from} to ${to} ${why}`),
  });
  try {
    const result = make();
    if (!(result instanceof Promise)) return { result };
    result.catch(() => undefined);
    return failed('gave a promise');
  } catch {
    return failed('threw');
  }
}

/** The arguments that an event has, of its types. */
function fitted(event: EventDefinition, args: Arguments): Arguments {
  const own = new Map<string, UpcastArgument>();
  for (const { field, shape } of event.arguments) {
    const argument = args.get(field);
    if (!argument) continue;
    const { value, madeOf } = argument;
    if (value === undefined || value instanceof Erased || shape.plain) {
      own.set(field, { value: value instanceof Erased ? ERASED : value, madeOf });
      continue;
    }
    try {
      own.set(field, { value: shape.revive(value, field), madeOf });
    } catch (error) {
      throw undecodable(event.type, field, ownWords(error) ?? `its data does not fit ${shape.name}`, error);
    }
  }
  return own;
}
