import { Logger, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import type { Channel, Middleware } from '../core/index.js';
import { validate } from '../middleware/validate.js';
import { Privacy } from '../privacy/index.js';
import { Backbone } from './backbone.js';
import { BackboneHealth } from './backbone-health.js';
import { checkedOptions, type CheckedOptions } from './checked-options.js';
import { Connection, type ConnectionSeams } from './connection.js';
import { ConnectionFields } from './connection-fields.js';
import { ConsumerHost } from './consumer-host.js';
import { DeadLetters } from './dead-letters.js';
import type { EventBackboneOptions } from './event-backbone.options.js';
import { loadClassValidator } from './load-class-validator.js';
import { PrivacyRun } from './privacy-run.js';
import {
  connectionToken,
  getBackboneToken,
  getChannelToken,
  getDeadLettersToken,
  getHealthToken,
  getPrivacyToken,
} from './tokens.js';

/** Returns the providers of a connection, but for its options: each part under a token of its own, for tests to replace. */
export function connectionProviders(name: string | undefined): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  const token = (part: string) => connectionToken(part, name);
  const logger = new Logger(`EventBackbone${name === undefined ? '' : ` (${name})`}`);
  const parts: readonly Exclude<Provider, abstract new () => unknown>[] = [
    {
      provide: token('checked-options'),
      inject: [token('options')],
      useFactory: (options: EventBackboneOptions) => checkedOptions(options),
    },
    {
      provide: token('fields'),
      inject: [token('checked-options')],
      useFactory: (options: CheckedOptions) => new ConnectionFields(options),
    },
    {
      provide: getChannelToken(name),
      inject: [token('checked-options'), token('fields')],
      useFactory: ({ channel }: CheckedOptions, fields: ConnectionFields) => fields.wrapped(channel),
    },
    { provide: token('seams'), useValue: {} },
    {
      provide: token('connection'),
      inject: [token('checked-options'), getChannelToken(name), token('seams'), token('fields')],
      useFactory: async (options: CheckedOptions, channel: Channel, seams: ConnectionSeams, fields: ConnectionFields) =>
        new Connection(name, options, channel, await validation(options), seams, fields),
    },
    {
      provide: token('host'),
      inject: [token('checked-options')],
      useFactory: ({ shutdownTimeoutMs }: CheckedOptions) => new ConsumerHost(shutdownTimeoutMs),
    },
    {
      provide: getBackboneToken(name),
      inject: [token('connection'), token('host')],
      useFactory: (connection: Connection, host: ConsumerHost) => new Backbone(connection, host),
    },
    {
      provide: getHealthToken(name),
      inject: [token('connection'), token('host')],
      useFactory: (connection: Connection, host: ConsumerHost) => new BackboneHealth(connection, host),
    },
    {
      provide: getDeadLettersToken(name),
      inject: [token('connection')],
      useFactory: (connection: Connection) => new DeadLetters(connection),
    },
    {
      provide: getPrivacyToken(name),
      inject: [token('fields'), getChannelToken(name)],
      useFactory: (fields: ConnectionFields, channel: Channel) =>
        new Privacy(fields.privacyParts(channel, (line) => logger.log(line))),
    },
    {
      provide: token('privacy-run'),
      inject: [getPrivacyToken(name)],
      useFactory: (privacy: Privacy) => new PrivacyRun(privacy, logger),
    },
    {
      // In the global module, which goes down last: whatever produces while it shuts down still can.
      provide: token('closer'),
      inject: [getChannelToken(name), token('fields')],
      useFactory: (channel: Channel, fields: ConnectionFields): OnApplicationShutdown => ({
        async onApplicationShutdown() {
          await channel.close();
          await fields.close();
        },
      }),
    },
  ];
  return {
    providers: [...parts],
    exports: [
      getBackboneToken(name),
      getDeadLettersToken(name),
      getHealthToken(name),
      getPrivacyToken(name),
      getChannelToken(name),
      token('connection'),
      token('host'),
    ],
  };
}

async function validation(options: CheckedOptions): Promise<Middleware | undefined> {
  const validator = options.validate === false ? undefined : await loadClassValidator();
  return validator && validate(validator);
}
