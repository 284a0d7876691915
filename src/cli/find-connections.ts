import { resolve } from 'node:path';
import { CommandFailure } from './command-failure.js';
import type { CliConnection } from './define-config.js';
import { CONFIG_NAMES, findConfig } from './find-config.js';
import { loadConfig, type LoadedConfig } from './load-config.js';
import type { SourceOptions } from './source-options.js';
import { urlChannel } from './url-channel.js';

/** Where to look when the options do not say. */
export interface Surroundings {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Finds the connections that the options of a command mean: those of a configuration, or one for a URL.
 *
 * @throws CommandFailure when there are none.
 */
export async function findConnections(
  options: Pick<SourceOptions, 'config' | 'connection' | 'url' | 'payloads'>,
  { folder, env }: Surroundings,
): Promise<LoadedConfig> {
  const { config, connection, payloads, url = config === undefined ? env['EVENT_BACKBONE_URL'] : undefined } = options;
  if (url !== undefined) {
    if (config !== undefined || connection !== undefined) {
      throw new CommandFailure('--url stands instead of a configuration; give it without --config and --connection');
    }
    const channel = () => urlChannel({ url, payloads });
    return { info: undefined, connections: new Map([[undefined, { channel }]]) };
  }
  if (payloads !== undefined) throw new CommandFailure('--payloads goes with --url; a configuration says it itself');
  const path = config === undefined ? await findConfig(folder) : resolve(folder, config);
  if (path === undefined) {
    throw new CommandFailure(
      `no configuration was found: none of ${CONFIG_NAMES.join(', ')} is in this folder or above it; ` +
        'name one with --config, or a server with --url and --stream',
    );
  }
  const loaded = await loadConfig(path);
  return connection === undefined ? loaded : { ...loaded, connections: chosen(loaded.connections, connection) };
}

function chosen(
  connections: LoadedConfig['connections'],
  name: string,
): ReadonlyMap<string | undefined, CliConnection> {
  const found = connections.get(name);
  if (found) return new Map([[name, found]]);
  throw new CommandFailure(`the configuration has no connection of that name; there is ${namesOf(connections)}`);
}

/** Names connections, for refusals. */
export function namesOf(connections: LoadedConfig['connections']): string {
  return [...connections.keys()].map((name) => name ?? 'one without a name').join(', ');
}
