import { BackboneError, reportChannel, type Channel } from '../core/index.js';
import { ServerFault } from './postgres-failure.js';
import { rowsOf, type Queryable } from './queryable.js';

interface ServerRow {
  readonly replica: boolean;
  readonly commit: string;
  readonly version: string;
}

/**
 * Looks at a server before it is used first, and says how durable its commits are.
 *
 * @throws ServerFault for a replica, as if it were away: it may become the primary, or the address lead to one.
 * @throws BackboneError `EB_CHANNEL` for a server that is too old.
 */
export async function inspectServer(channel: Channel, on: Queryable): Promise<void> {
  const [server] = await rowsOf<ServerRow>(
    on,
    `SELECT pg_is_in_recovery() AS replica, current_setting('synchronous_commit') AS commit,
       current_setting('server_version_num') AS version`,
    [],
  );
  if (!server) return;
  if (server.replica) {
    throw new ServerFault('unsent', 'this PostgreSQL server is a replica; connect to the primary');
  }
  if (Number(server.version) < 130_000) {
    throw new BackboneError('EB_CHANNEL', 'this PostgreSQL server is too old; version 13 or later is needed');
  }
  const off = server.commit === 'off' ? ': commits are confirmed before they are on disk' : '';
  reportChannel({ channel, kind: 'durability', reason: `synchronous_commit is ${server.commit}${off}` });
}
