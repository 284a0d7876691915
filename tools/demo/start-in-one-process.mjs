import { AppLogger, privacyOptions, sharedStore, startApp } from '#app-kit';
import { memoryChannel, memoryPayloadStore } from 'nest-event-backbone/memory';
import { SERVICES } from './services.mjs';

/**
 * @typedef {import('./services.mjs').ServiceName} ServiceName
 *
 * Starts the three services inside this process, on a channel in its memory: three Nest applications that share nothing
 * but their events.
 *
 * @param {import('./start-separately.mjs').StartOptions} options
 * @returns {Promise<import('./start-separately.mjs').RunningServices>}
 */
export async function startInOneProcess({ environment, stepDelayMs, secret, onLine }) {
  const channel = memoryChannel();
  const keys = memoryPayloadStore();
  const logger = new AppLogger(undefined, onLine);
  /** @type {Map<ServiceName, import('#app-kit').RunningApp>} */
  const running = new Map();
  const start = async (/** @type {ServiceName} */ name, port = 0) => {
    const here = { environment, stepDelayMs, host: '127.0.0.1', port, logger };
    const privacy = privacyOptions(secret, sharedStore(keys));
    const started = await startApp(await builtApp(name), { ...here, channel: channel.open(), privacy });
    running.set(name, started);
    logger.log(`listening on ${started.url}, in this process`, name);
    return started.url;
  };
  const end = async (/** @type {ServiceName} */ name) => {
    const app = running.get(name);
    running.delete(name);
    await app?.nest.close();
  };
  const stop = async () => {
    for (const name of [...running.keys()]) await end(name);
    await Promise.all([channel.close(), keys.close()]);
  };

  /** @type {Partial<Record<ServiceName, string>>} */
  const started = {};
  try {
    for (const name of SERVICES) started[name] = await start(name);
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = /** @type {import('./start-separately.mjs').RunningServices['urls']} */ (started);
  return {
    ...{ urls, channel, stop },
    restart: async (name) => {
      await end(name);
      await start(name, Number(new URL(urls[name]).port));
    },
  };
}

/**
 * @param {string} name
 * @returns {Promise<import('#app-kit').App>}
 */
async function builtApp(name) {
  const built = new URL(`../../dist/apps/${name}/${name}.app.js`, import.meta.url);
  return (await import(built.href))[`${name}App`];
}
