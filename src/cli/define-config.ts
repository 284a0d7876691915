import type { Channel, ContractClass } from '../core/index.js';
import type { EventBackboneOptions } from '../nest/event-backbone.options.js';
import type { PayloadOptions, PrivacyOptions } from '../nest/privacy.options.js';
import type { AsyncApiInfo } from '../schema/index.js';

/** A thing, or a function that makes it when a command needs it. */
export type Made<T extends object> = T | (() => T | Promise<T>);

/** One connection as the command line uses it; what it has in common with the application must be the same there. */
export interface CliConnection extends Pick<
  EventBackboneOptions,
  'environment' | 'group' | 'source' | 'codec' | 'limits' | 'middleware' | 'validate'
> {
  /** What carries the events: `() => redisChannel({ url })`. */
  readonly channel: Made<Channel>;
  /** The contracts of its streams, compiled. Without them streams can be looked at by `--stream`. */
  readonly contracts?: readonly ContractClass[];
  /** Where fields are kept outside the channel. */
  readonly payloads?: Made<PayloadOptions>;
  /** What encrypts personal data and knows whose is where. */
  readonly privacy?: Made<PrivacyOptions>;
}

/** Several connections by name, of which `--connection` chooses one. */
export interface CliConnections {
  readonly connections: Readonly<Record<string, CliConnection>>;
}

/** What a file `event-backbone.config.js` exports as its default. */
export type CliConfig = (CliConnection | CliConnections) & {
  /** Title and version of the documents that `schema` prints. */
  readonly info?: AsyncApiInfo;
};

/** Types the configuration of the command line: `export default defineConfig({ ... })`. */
export function defineConfig<C extends CliConfig>(config: C): C {
  return config;
}
