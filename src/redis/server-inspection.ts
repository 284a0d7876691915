import { reportChannel, type Channel } from '../core/index.js';
import type { RedisConnection } from './redis-connection.js';

/** Looks at the server's settings and warns about those under which events get lost. Silent where it may not look. */
export async function inspectServer(channel: Channel, connection: RedisConnection): Promise<void> {
  const info = await connection.within(connection.client.info('memory')).catch(() => '');
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  const reason = `the server's maxmemory-policy is ${policy}: it may drop events without a word; set it to noeviction`;
  reportChannel({ channel, kind: 'fault', reason });
}
