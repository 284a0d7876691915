import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeError } from '../core/index.js';
import { unknownNames } from '../nest/unknown-names.js';
import { CommandFailure, EXIT } from './command-failure.js';
import type { CliConfig, CliConnection } from './define-config.js';

/** A configuration with its connections by name; the only one of a configuration without names has none. */
export interface LoadedConfig {
  readonly info: CliConfig['info'];
  readonly connections: ReadonlyMap<string | undefined, CliConnection>;
}

const OF_A_CONNECTION = [
  ...['channel', 'contracts', 'environment', 'group', 'source', 'codec', 'limits', 'middleware', 'validate'],
  ...['payloads', 'privacy'],
];

/**
 * Loads a configuration file.
 *
 * @throws CommandFailure for a file that cannot be loaded, and for one that holds something else.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const name = basename(path);
  const config = await exportOf(path, name);
  if (!isObject(config))
    throw new CommandFailure(`${name} must export its configuration: export default defineConfig({ ... })`);
  const { info, connections, ...own } = config;
  if (connections === undefined)
    return { info: infoOf(name, info), connections: new Map([[undefined, checked(name, own)]]) };
  if (!isObject(connections) || Object.keys(connections).length === 0 || Object.keys(own).length > 0) {
    throw new CommandFailure(
      `${name}: \`connections\` must hold connections by name, and stand beside nothing but \`info\``,
    );
  }
  const named = Object.entries(connections).map(([key, each]) => [key, checked(`${name}: ${key}`, each)] as const);
  return { info: infoOf(name, info), connections: new Map(named) };
}

async function exportOf(path: string, name: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return loaded.default;
  } catch (error) {
    const code = (error as { readonly code?: unknown } | undefined)?.code;
    const cannotType = code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    const remedy = cannotType ? '; compile it, and give the compiled file with --config' : '';
    throw new CommandFailure(`${name} cannot be loaded: ${describeError(error)}${remedy}`, EXIT.refused, {
      cause: error,
    });
  }
}

function checked(where: string, connection: unknown): CliConnection {
  if (!isObject(connection)) throw new CommandFailure(`${where} must be an object with a \`channel\``);
  const unknown = unknownNames(connection, OF_A_CONNECTION);
  if (unknown.length > 0) {
    throw new CommandFailure(`${where} has no option ${unknown.join(', ')}; known here: ${OF_A_CONNECTION.join(', ')}`);
  }
  const { channel, contracts = [] } = connection;
  if (typeof channel !== 'function' && !isObject(channel)) {
    throw new CommandFailure(`${where} needs a \`channel\`: () => redisChannel({ url })`);
  }
  if (!Array.isArray(contracts) || !contracts.every((contract) => typeof contract === 'function')) {
    throw new CommandFailure(`${where}: \`contracts\` must be an array of contract classes`);
  }
  return connection as unknown as CliConnection;
}

function infoOf(name: string, info: unknown): CliConfig['info'] {
  if (info === undefined) return undefined;
  if (isObject(info) && typeof info['title'] === 'string' && typeof info['version'] === 'string') {
    return { ...info, title: info['title'], version: info['version'] };
  }
  throw new CommandFailure(`${name}: \`info\` must have a title and a version`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
