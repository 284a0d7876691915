/**
 * Starts the servers that the demo, the tests and the benchmarks need, and keeps them until Ctrl-C:
 *
 *     node tools/dev-stack/stack.mjs
 *
 * Prints `export REDIS_URL=...` lines on standard output, to be pasted into another terminal, and what it chose on
 * standard error. `STACK=url|docker|path|debian` forces one way to get them (see startStack); `REDIS_URL` names a
 * server of your own.
 */
import { startStack } from './index.mjs';

const log = (/** @type {string} */ line) => console.error(line);
const starting = startStack({ log });
const keepAlive = setInterval(() => undefined, 60_000);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    // With the handler gone, the second time the signal ends this process the way its sender expects.
    void starting.then(({ stop }) => stop()).finally(() => process.kill(process.pid, signal));
  });
}

const { stop, ...servers } = await starting;
for (const [name, server] of Object.entries(servers)) {
  const variable = `${name.toUpperCase()}_URL`;
  if (!server.available) process.exitCode = 1;
  // A URL the user has set already may hold a password, and need not be repeated.
  else if (server.url === process.env[variable]) console.log(`# ${variable} is set already`);
  else console.log(`export ${variable}=${server.url}`);
}

if (process.exitCode) {
  clearInterval(keepAlive);
  await stop();
} else log('Ctrl-C ends what was started.');
