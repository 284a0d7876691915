import 'reflect-metadata';
import { probeArgumentNames } from './argument-names.js';
import { ATTACHMENT } from './attachment.js';
import { contractError } from './contract-error.js';
import type { DeclaredArgument } from './contract-metadata.js';
import type { ArgumentDefinition, KeyDefinition } from './event-definition.js';
import { checkedName } from './names.js';
import { segmentsDefinition } from './segments.js';
import { shapeOf } from './shape-of.js';
import { ANY_SHAPE } from './shape.js';
import { storedDefinition, type StoredOptions } from './stored-options.js';

/** What is known about the arguments of one contract method. */
export interface DeclaredArguments {
  /** `ShipmentTracking.orderPlaced`, for messages. */
  readonly where: string;
  readonly method: (...args: unknown[]) => unknown;
  /** The types that the compiler recorded. */
  readonly types: readonly unknown[];
  readonly told: readonly (DeclaredArgument | undefined)[];
  /** What the contract was told about all arguments. */
  readonly stored: StoredOptions | undefined;
}

const MAX_ARGUMENTS = 64;

/**
 * Describes the arguments of a contract method.
 *
 * @throws BackboneError `EB_CONTRACT`, `EB_NAME`
 */
export function describeArguments(declared: DeclaredArguments): readonly ArgumentDefinition[] {
  const { where, method, types, told } = declared;
  if (types.length > MAX_ARGUMENTS) {
    throw contractError(where, `has ${types.length} arguments, the limit is ${MAX_ARGUMENTS}`);
  }
  const probed = probeArgumentNames(method, types.length, where);
  const described = types.map((type, index) => {
    const field = told[index]?.field ?? probed.names[index];
    if (field === undefined) {
      const because = probed.failure === undefined ? '' : ` (${probed.failure})`;
      const remedy = 'return it from the method (`return { user, time }`) or add @Field("name")';
      throw contractError(where, `has no name for its argument ${index + 1}${because}; ${remedy}`);
    }
    checkedName(`field name of argument ${index + 1} of ${where}`, field);
    if (field.startsWith(ATTACHMENT)) {
      throw contractError(
        where,
        `has an argument named "${field}"; names with ${ATTACHMENT} belong to what middleware attaches`,
      );
    }
    return describeArgument(declared, field, type, told[index] ?? {});
  });
  checkApart(where, described);
  return Object.freeze(described);
}

function describeArgument(
  { where, stored: contractStored }: DeclaredArguments,
  field: string,
  type: unknown,
  told: DeclaredArgument,
): ArgumentDefinition {
  const place = `argument "${field}" of ${where}`;
  const shape = shapeOf(told.type ? told.type() : type, place);
  const { subject, erasable = false } = told;
  const segments = told.segments && segmentsDefinition(place, field, told.segments, told.personal === true);
  const personal = segments ? segments.personal.length > 0 : told.personal === true;
  if (erasable && shape === ANY_SHAPE && !told.type) {
    const remedy = 'name it, for the compiler records none for `User | Erased`: @Field({ type: () => User })';
    throw contractError(place, `is erasable, and its type is not known; ${remedy}`);
  }
  const stored = storedDefinition(place, contractStored, told.stored);
  return Object.freeze({ field, shape, personal, subject, erasable, stored, segments } as ArgumentDefinition);
}

/** No field may belong to two arguments. */
function checkApart(where: string, args: readonly ArgumentDefinition[]): void {
  const taken = new Set<string>();
  for (const { field } of args) {
    if (taken.has(field)) throw contractError(where, `has two arguments named "${field}"`);
    taken.add(field);
    const whole = args.find((other) => other.segments && field.startsWith(`${other.field}.`));
    if (whole) throw contractError(where, `has an argument named "${field}", like a segment of "${whole.field}"`);
  }
}

/**
 * Describes where the ordering key of a contract method is.
 *
 * @throws BackboneError `EB_CONTRACT`
 */
export function describeKey({ where, told }: DeclaredArguments): KeyDefinition | undefined {
  const marked = told.flatMap((argument, index) => (argument?.key ? [{ index, argument, key: argument.key }] : []));
  const [first, second] = marked;
  if (!first) return undefined;
  if (second) throw contractError(where, 'has two @Key arguments; an event has one key');
  const { index, argument, key } = first;
  const hashed = key.hashed === true;
  if (argument.personal && !key.of && !hashed) {
    const remedy = 'select an id, @Key((user: User) => user.id), or hash it, @Key({ hashed: true })';
    throw contractError(where, `uses a @Personal argument as its @Key, and keys cannot be erased; ${remedy}`);
  }
  const select = (key.of ?? ((value: unknown) => value)) as (value: unknown) => unknown;
  return Object.freeze({ index, select, hashed });
}
