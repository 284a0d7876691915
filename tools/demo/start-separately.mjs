import picocolors from 'picocolors';
import { startService } from './start-service.mjs';
import { SERVICES } from './services.mjs';

/**
 * @typedef {import('nest-event-backbone').Channel} Channel
 * @typedef {import('./services.mjs').ServiceName} ServiceName
 *
 * The three services on one channel.
 * @typedef {{
 *   urls: Readonly<Record<ServiceName, string>>,
 *   channel: Channel,
 *   restart(name: ServiceName): Promise<void>,
 *   stop(): Promise<void>,
 * }} RunningServices `channel` is for looking at the stream; `restart` ends a service and starts it anew where it was;
 *   `stop` ends all and frees the channel
 *
 * @typedef {{
 *   environment: string, stepDelayMs: number, secret: string,
 *   onLine: (line: string) => void, onEnd: (error: Error) => void,
 * }} StartOptions `secret` protects personal data; `onEnd` is told of a service that ends by itself
 */

/**
 * Starts each service as a process of its own.
 *
 * @param {StartOptions & { env: Readonly<Record<string, string>>, channel: Channel }} options `env` says which channel
 *   they run on; `channel` is the same one, for looking at the stream
 * @returns {Promise<RunningServices>}
 */
export async function startSeparately({ env: channelEnv, channel, environment, stepDelayMs, secret, onLine, onEnd }) {
  const env = {
    ...channelEnv,
    ENVIRONMENT: environment,
    STEP_DELAY_MS: String(stepDelayMs),
    PRIVACY_SECRET: secret,
    // Their output goes through a pipe, which they would take for a file.
    ...(picocolors.isColorSupported && { FORCE_COLOR: '1' }),
  };
  /** @type {Map<ServiceName, import('./start-service.mjs').Service>} */
  const running = new Map();
  const start = async (/** @type {ServiceName} */ name, port = '0') => {
    const service = await startService(name, { env: { ...env, PORT: port }, onLine });
    running.set(name, service);
    // One that is to end was taken out before.
    void service.ended.then((how) => running.get(name) === service && onEnd(new Error(`the ${name} service ${how}`)));
  };
  const end = async (/** @type {ServiceName} */ name) => {
    const service = running.get(name);
    running.delete(name);
    await service?.stop();
  };
  const stop = async () => {
    await channel.close();
    await Promise.all([...running.keys()].map(end));
  };

  const starting = await Promise.allSettled(SERVICES.map((name) => start(name)));
  const failure = starting.find((one) => one.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  const urls = /** @type {RunningServices['urls']} */ (
    Object.fromEntries([...running].map(([name, { url }]) => [name, url]))
  );
  return {
    ...{ urls, channel, stop },
    restart: async (name) => {
      await end(name);
      await start(name, new URL(urls[name]).port);
    },
  };
}
