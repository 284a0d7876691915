import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Finds a port of 127.0.0.1 on which nothing listens. Another process may take it before the caller does: retry.
 *
 * Ports are drawn below the ephemeral range (32768 on Linux, 49152 elsewhere). The system gives that range to outgoing
 * connections, so a client that reconnects to a stopped server there could take its port, or even connect to itself.
 * A Redis cluster bus (port + 10000) stays in range as well.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port of 127.0.0.1 found between 20000 and 30000.');
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
