import type { Channel } from '../core/index.js';
import { CommandFailure, EXIT } from './command-failure.js';

/** How to reach a server without a configuration. */
export interface UrlOptions {
  readonly url: string;
  /** Where the arguments of Kafka's events are. */
  readonly payloads?: string | undefined;
}

/**
 * Makes a channel for a URL, with the client that is installed. Makes no tables and no topics.
 *
 * @throws CommandFailure for a URL of another kind, and a client that is not installed; never with the URL.
 */
export async function urlChannel({ url, payloads }: UrlOptions): Promise<Channel> {
  const kind = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase();
  switch (kind) {
    case 'redis':
    case 'rediss': {
      const { redisChannel } = await withClient('ioredis', () => import('../redis/index.js'));
      return redisChannel({ url });
    }
    case 'postgres':
    case 'postgresql': {
      const { postgresChannel } = await withClient('pg', () => import('../postgres/index.js'));
      return postgresChannel({ url, createTables: false });
    }
    case 'kafka': {
      const { kafkaChannel } = await withClient('kafkajs', () => import('../kafka/index.js'));
      const brokers = url.slice('kafka://'.length).replace(/\/$/, '').split(',');
      const store = payloads === undefined ? undefined : await payloadStore(payloads);
      return kafkaChannel({ brokers, payloads: store ?? 'record', createTopics: false });
    }
    default:
      throw new CommandFailure('--url must be redis://…, rediss://…, postgres://… or kafka://host:port,…');
  }
}

async function payloadStore(url: string) {
  const { redisPayloadStore } = await withClient('ioredis', () => import('../redis/index.js'));
  return redisPayloadStore({ url });
}

async function withClient<T>(client: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' || !String(error).includes(`'${client}'`)) throw error;
    const message = `this needs the package "${client}", which is not installed; npm install ${client}`;
    throw new CommandFailure(message, EXIT.refused, { cause: error });
  }
}
