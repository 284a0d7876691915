/** Metadata keys under which the decorators leave what they were told; read by `describeContract` and the shapes. */
export const CONTRACT_NAME = 'nest-event-backbone:contract-name';
export const CONTRACT_EVENTS = 'nest-event-backbone:contract-events';
export const ARGUMENT_OPTIONS = 'nest-event-backbone:argument-options';
export const DECLARED_TYPE = 'nest-event-backbone:declared-type';

/** What `@ContractEvent` was told about one method. */
export interface DeclaredEvent {
  readonly method: string;
  readonly name: string;
  readonly version: number;
}

/** What the parameter decorators were told about one argument. */
export interface DeclaredArgument {
  field?: string;
  type?: () => unknown;
  personal?: boolean;
  key?: (value: never) => string | number | bigint;
  keyIsWholeArgument?: boolean;
}
