import type { Pool, PoolClient } from 'pg';

/**
 * Keeps the loss of a pool's connection from ending the process, from the first moment on: a server that is being stopped
 * ends one in the same breath in which it made it, before anybody could listen. Returns what undoes it.
 */
export function outliveConnections(pool: Pool): () => void {
  pool.on('connect', listen);
  return () => void pool.off('connect', listen);
}

// Whoever uses the connection hears of it by the next statement.
function listen(client: PoolClient): void {
  client.on('error', () => undefined);
}
