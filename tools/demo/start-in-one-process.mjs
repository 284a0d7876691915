import { AppLogger, startApp } from '#app-kit';
import { memoryChannel } from 'nest-event-backbone/memory';
import { SERVICES } from './services.mjs';

/**
 * Starts the three services inside this process, on a channel in its memory: three Nest applications that share nothing
 * but their events.
 *
 * @param {import('./start-separately.mjs').StartOptions} options
 * @returns {Promise<import('./start-separately.mjs').RunningServices>}
 */
export async function startInOneProcess({ environment, stepDelayMs, onLine }) {
  const channel = memoryChannel();
  const logger = new AppLogger(undefined, onLine);
  /** @type {import('#app-kit').RunningApp[]} */
  const running = [];
  const stop = async () => {
    for (const { nest } of running.splice(0)) await nest.close();
    await channel.close();
  };

  /** @type {Partial<Record<import('./services.mjs').ServiceName, string>>} */
  const urls = {};
  try {
    for (const name of SERVICES) {
      const app = await builtApp(name);
      const here = { environment, stepDelayMs, host: '127.0.0.1', port: 0, logger };
      const started = await startApp(app, { ...here, channel: channel.open() });
      running.push(started);
      urls[name] = started.url;
      logger.log(`listening on ${started.url}, in this process`, name);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: /** @type {import('./start-separately.mjs').RunningServices['urls']} */ (urls), channel, stop };
}

/**
 * @param {string} name
 * @returns {Promise<import('#app-kit').App>}
 */
async function builtApp(name) {
  const built = new URL(`../../dist/apps/${name}/${name}.app.js`, import.meta.url);
  return (await import(built.href))[`${name}App`];
}
