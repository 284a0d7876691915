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
 *   stop(): Promise<void>,
 * }} RunningServices `channel` is for looking at the stream; `stop` ends all and frees it
 *
 * @typedef {{
 *   environment: string, stepDelayMs: number,
 *   onLine: (line: string) => void, onEnd: (error: Error) => void,
 * }} StartOptions `onEnd` is told of a service that ends by itself
 */

/**
 * Starts each service as a process of its own.
 *
 * @param {StartOptions & { env: Readonly<Record<string, string>>, channel: Channel }} options `env` says which channel
 *   they run on; `channel` is the same one, for looking at the stream
 * @returns {Promise<RunningServices>}
 */
export async function startSeparately({ env: channelEnv, channel, environment, stepDelayMs, onLine, onEnd }) {
  const env = {
    ...channelEnv,
    ENVIRONMENT: environment,
    STEP_DELAY_MS: String(stepDelayMs),
    // Their output goes through a pipe, which they would take for a file.
    ...(picocolors.isColorSupported && { FORCE_COLOR: '1' }),
  };
  const starting = await Promise.allSettled(SERVICES.map((name) => startService(name, { env, onLine })));
  const services = starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  let stopping = false;
  const stop = async () => {
    stopping = true;
    await Promise.all(services.map((service) => service.stop()));
  };

  const failure = starting.find((one) => one.status === 'rejected');
  if (failure) {
    await Promise.all([stop(), channel.close()]);
    throw failure.reason;
  }
  for (const { name, ended } of services) {
    void ended.then((how) => stopping || onEnd(new Error(`the ${name} service ${how}`)));
  }
  return {
    urls: /** @type {RunningServices['urls']} */ (Object.fromEntries(services.map(({ name, url }) => [name, url]))),
    channel,
    stop: async () => {
      await channel.close();
      await stop();
    },
  };
}
