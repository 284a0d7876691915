import type { ContractClass } from './contract.js';
import type { Shape } from './shape.js';

/** The arguments of an event by name, as its producer was given them. */
export type ArgumentsByName = Readonly<Record<string, unknown>>;

/** Where an argument is kept; what is absent is decided by the application's routes. */
export interface StoredDefinition {
  /** The payload stores that keep it, in the order in which they are read. */
  readonly in?: readonly string[];
  /** Kept there only when it is larger than so many bytes. */
  readonly aboveBytes?: number;
  /** How long those stores keep it. */
  readonly ttlMs?: number;
  /** Encrypted, personal or not. */
  readonly encrypted?: boolean;
}

/** How an argument is stored as several fields. */
export interface SegmentsDefinition {
  /** Gives the parts of an argument by name. */
  readonly split: (value: unknown) => unknown;
  /** Makes an argument of the parts that are there. */
  readonly join: (parts: Readonly<Record<string, unknown>>) => unknown;
  /** The names of the parts that hold personal data. */
  readonly personal: readonly string[];
}

/** One argument of an event and how it is stored. */
export interface ArgumentDefinition {
  /** The name of its field; of one with segments, what the names of its fields begin with: `user` of `user.contact`. */
  readonly field: string;
  readonly shape: Shape;
  /** It holds personal data, or one of its segments does. */
  readonly personal: boolean;
  /** Gives the data subject of its personal fields; they have none when absent. */
  readonly subject?: (args: ArgumentsByName) => unknown;
  /** Its handlers run although it was erased; they are given `ERASED`. */
  readonly erasable: boolean;
  readonly stored?: StoredDefinition;
  readonly segments?: SegmentsDefinition;
}

/** Where an event's ordering key is. */
export interface KeyDefinition {
  /** Which argument holds it. */
  readonly index: number;
  readonly select: (value: unknown) => unknown;
  /** The key is a keyed hash of what is selected. */
  readonly hashed: boolean;
}

/** How an older version of an event becomes a newer one. */
export interface UpcastStep {
  readonly from: number;
  readonly to: number;
  /** Makes arguments of the newer version, by name; the others are the old ones. */
  readonly make: ReadonlyMap<string, (old: never) => unknown>;
  /** The older version, where it is a method of the contract. */
  readonly taken?: EventDefinition | undefined;
}

/** On which side a version is deprecated: when it is produced, when it is handled, or both. */
export type Deprecation = 'produce' | 'handle' | true;

/** One event of a contract. */
export interface EventDefinition {
  readonly contract: ContractDefinition;
  readonly method: string;
  readonly name: string;
  readonly version: number;
  /** Its identity on the wire, `orderPlaced.v1`. */
  readonly type: string;
  readonly arguments: readonly ArgumentDefinition[];
  /** The fields that hold personal data. */
  readonly personal: readonly string[];
  /** `undefined` when no argument is marked. */
  readonly key?: KeyDefinition;
  readonly deprecated?: Deprecation;
  /** The older types that are read as this event, and the steps that lead from each to it. */
  readonly upcasts?: ReadonlyMap<string, readonly UpcastStep[]>;
}

/** A contract as the engines use it. */
export interface ContractDefinition {
  /** The stream's name. */
  readonly name: string;
  readonly cls: ContractClass;
  readonly byMethod: ReadonlyMap<string, EventDefinition>;
  readonly byType: ReadonlyMap<string, EventDefinition>;
  /** Every type that can be read, and as which event: its own, or for older versions the next one that reads it. */
  readonly readable: ReadonlyMap<string, EventDefinition>;
}

/** Returns the argument that a stored field belongs to; `undefined` for a field of a middleware's own, or an unknown one. */
export function argumentOfField(event: EventDefinition, field: string): ArgumentDefinition | undefined {
  return event.arguments.find(
    (argument) => argument.field === field || (argument.segments && field.startsWith(`${argument.field}.`)),
  );
}

/** Returns the names of an argument's fields that hold personal data. */
export function personalFieldsOf({ field, personal, segments }: ArgumentDefinition): readonly string[] {
  if (segments) return segments.personal.map((name) => `${field}.${name}`);
  return personal ? [field] : [];
}
