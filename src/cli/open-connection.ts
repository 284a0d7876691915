import {
  describeContract,
  describeError,
  isBackboneError,
  jsonCodec,
  streamOf,
  type Channel,
  type Codec,
  type ContractDefinition,
  type Stream,
} from '../core/index.js';
import { validate } from '../middleware/validate.js';
import { checkedOptions } from '../nest/checked-options.js';
import { ConnectionFields } from '../nest/connection-fields.js';
import { Connection } from '../nest/connection.js';
import { loadClassValidator } from '../nest/load-class-validator.js';
import { Privacy } from '../privacy/index.js';
import { CommandFailure, EXIT } from './command-failure.js';
import type { CliConnection, Made } from './define-config.js';

/** A connection that is open, with what commands do on it. */
export interface OpenConnection {
  readonly name: string | undefined;
  readonly environment: string;
  /** The group of commands that name none. */
  readonly group: string | undefined;
  /** Fields are decrypted and fetched from payload stores on their way, as in the application. */
  readonly channel: Channel;
  readonly codec: Codec;
  readonly contracts: readonly ContractDefinition[];
  readonly privacy: Privacy;
  /** Appends events; on another channel when one is given, which is then given them as they are. */
  appending(channel?: Channel): Promise<Connection>;
  close(): Promise<void>;
}

/** Opens a connection. Nothing is asked of a server before a command needs it. */
export async function openConnection(
  name: string | undefined,
  { channel, contracts = [], payloads, privacy, ...rest }: CliConnection,
  environment?: string,
): Promise<OpenConnection> {
  const described = contracts.map(describeContract);
  const options = checkedOptions({
    ...rest,
    channel: await made(channel),
    payloads: payloads && (await made(payloads)),
    privacy: privacy && (await made(privacy)),
    environment: environment ?? rest.environment,
    source: rest.source ?? 'event-backbone',
  });
  const fields = new ConnectionFields(options);
  const whole = fields.wrapped(options.channel);
  for (const contract of described) fields.add(contract);
  return {
    ...{ name, environment: options.environment, group: options.group, channel: whole, contracts: described },
    codec: options.codec ?? jsonCodec,
    privacy: new Privacy(fields.privacyParts(whole, () => undefined)),
    appending: async (other = whole) => {
      const validator = options.validate === false ? undefined : await loadClassValidator();
      return new Connection(name, options, other, validator && validate(validator), {}, fields);
    },
    close: async () => {
      await whole.close();
      await fields.close();
    },
  };
}

/** Returns the streams of a connection's contracts, each once. */
export function streamsOf({ contracts, environment }: OpenConnection): readonly Stream[] {
  const streams = contracts.map((contract) => streamOf(contract, environment));
  return [...new Map(streams.map((stream) => [stream.contract, stream])).values()];
}

/** What a configuration throws is mended there: a variable that is not set. */
async function made<T extends object>(thing: Made<T>): Promise<T> {
  try {
    return typeof thing === 'function' ? await thing() : thing;
  } catch (error) {
    if (isBackboneError(error) || error instanceof CommandFailure) throw error;
    const message = `the configuration cannot be used: ${describeError(error)}`;
    throw new CommandFailure(message, EXIT.refused, { cause: error });
  }
}
