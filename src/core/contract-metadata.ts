import type { Deprecation } from './event-definition.js';
import type { StoredOptions } from './stored-options.js';

/** Metadata keys under which the decorators leave what they were told; read by `describeContract` and the shapes. */
export const CONTRACT_NAME = 'nest-event-backbone:contract-name';
export const CONTRACT_EVENTS = 'nest-event-backbone:contract-events';
export const ARGUMENT_OPTIONS = 'nest-event-backbone:argument-options';
export const DECLARED_TYPE = 'nest-event-backbone:declared-type';
export const CONTRACT_STORED = 'nest-event-backbone:contract-stored';

/** What `@ContractEvent` was told about one method. */
export interface DeclaredEvent {
  readonly method: string;
  readonly name: string;
  readonly version: number;
  readonly deprecated?: Deprecation | undefined;
  readonly upcast?: readonly DeclaredUpcaster[] | undefined;
}

/** What `upcast` was told. */
export interface DeclaredUpcaster {
  readonly from: number;
  readonly to: number;
  readonly make: Readonly<Record<string, (old: never) => unknown>>;
}

/** What the parameter decorators were told about one argument. */
export interface DeclaredArgument {
  field?: string;
  type?: () => unknown;
  segments?: DeclaredSegments;
  personal?: boolean;
  subject?: (args: never) => unknown;
  erasable?: boolean;
  stored?: StoredOptions;
  key?: DeclaredKey;
}

/** What `@Field({ segments })` was told. */
export interface DeclaredSegments {
  readonly split: (value: never) => object;
  readonly join: (parts: never) => unknown;
  readonly personal?: readonly string[];
}

/** What `@Key` was told; without `of` the whole argument is the key. */
export interface DeclaredKey {
  readonly of?: (value: never) => string | number | bigint;
  readonly hashed?: boolean;
}
