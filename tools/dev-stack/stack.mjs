/**
 * Starts the servers that the demo, the tests and the benchmarks need, and keeps them until Ctrl-C:
 *
 *     node tools/dev-stack/stack.mjs
 *     node tools/dev-stack/stack.mjs redis kafka postgres
 *
 * Prints lines such as `export REDIS_URL=...` on standard output, to be pasted into another terminal, and what it chose
 * on standard error. `STACK=url|docker|path|embedded|debian|jars` forces one way to get them (see startStack);
 * `REDIS_URL`, `KAFKA_BROKERS` and `DATABASE_URL` name servers of your own.
 */
import { startStack } from './index.mjs';

const variables = { redis: 'REDIS_URL', kafka: 'KAFKA_BROKERS', postgres: 'DATABASE_URL' };
const log = (/** @type {string} */ line) => console.error(line);
const named = process.argv.slice(2);
const starting = startStack({ log, ...(named.length > 0 && { services: named }) });
const keepAlive = setInterval(() => undefined, 60_000);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    // With the handler gone, the second time the signal ends this process the way its sender expects.
    void starting.then(({ stop }) => stop()).finally(() => process.kill(process.pid, signal));
  });
}

const { stop, ...servers } = await starting;
for (const [name, server] of Object.entries(servers)) {
  const variable = variables[/** @type {keyof typeof variables} */ (name)];
  if (!server.available) process.exitCode = 1;
  // A URL the user has set already may hold a password, and need not be repeated.
  else if (server.url === process.env[variable]) console.log(`# ${variable} is set already`);
  else console.log(`export ${variable}=${server.url}`);
}

if (process.exitCode) {
  clearInterval(keepAlive);
  await stop();
} else log('Ctrl-C ends what was started.');
