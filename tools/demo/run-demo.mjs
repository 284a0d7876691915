import { randomBytes, randomUUID } from 'node:crypto';
import picocolors from 'picocolors';
import { startStack } from '../dev-stack/index.mjs';
import { allHandled, allReceived } from './all-done.mjs';
import { CHANNELS } from './channels.mjs';
import { buildWhatIsMissing } from './build-what-is-missing.mjs';
import { closingTable } from './closing-table.mjs';
import { counted } from './counted.mjs';
import { forgetCustomer } from './forget-customer.mjs';
import { placeOrders } from './place-orders.mjs';
import { askHealth } from './service-answers.mjs';

const { bold, dim, green, red, underline, yellow } = picocolors;
const SIGNALS = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });
const KEPT_LINES = 15;
/** What is tried when nobody names a channel. */
const FALLBACKS = /** @type {const} */ (['redis', 'postgres']);

/** @param {string} text */
const say = (text) => console.log(text.replace(/^/gm, `${bold('demo    ')} `));

/**
 * Runs the demo and ends everything it has started, however it goes.
 *
 * @param {import('./demo-options.mjs').DemoOptions} options
 * @returns {Promise<number>} the exit code
 */
export async function runDemo(options) {
  const ending = new AbortController();
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  /** @type {string[]} */
  const lastLines = [];
  let interruptedWith = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    // Once: a second Ctrl-C ends the demo at once, and all that it started dies with it.
    process.once(signal, () => {
      interruptedWith = code;
      ending.abort(new Error(`stopped by ${signal}`));
    });
  }
  try {
    await demo(options, {
      signal: ending.signal,
      stopLater: (stop) => void stops.push(stop),
      onEnd: (error) => ending.abort(error),
      onLine: (line) => {
        console.log(line);
        lastLines.push(line);
        if (lastLines.length > KEPT_LINES) lastLines.shift();
      },
    });
    return 0;
  } catch (error) {
    if (interruptedWith > 0) {
      say('stopping');
      return options.watch ? 0 : interruptedWith;
    }
    say(red(`failed: ${reason(ending.signal.aborted ? ending.signal.reason : error)}`));
    if (lastLines.length > 0) {
      say("the services' last lines were:");
      console.log(lastLines.join('\n'));
    }
    return 1;
  } finally {
    for (const stop of stops.reverse()) await stop().catch((error) => say(red(`while stopping: ${reason(error)}`)));
  }
}

/**
 * @typedef {import('./start-separately.mjs').RunningServices} RunningServices
 * @typedef {{
 *   signal: AbortSignal,
 *   stopLater: (stop: () => Promise<void>) => void,
 *   onEnd: (error: Error) => void,
 *   onLine: (line: string) => void,
 * }} Stage
 *
 * @param {import('./demo-options.mjs').DemoOptions} options
 * @param {Stage} stage
 */
async function demo(options, stage) {
  const { signal } = stage;
  await buildWhatIsMissing(say);
  signal.throwIfAborted();

  const environment = `demo-${randomUUID().slice(0, 8)}`;
  const services = await start(options, environment, stage);
  stage.stopLater(() => services.stop());
  signal.throwIfAborted();
  await Promise.all(Object.values(services.urls).map((url) => askHealth(url, signal)));
  if (options.watch) sayWhereToLook(services);

  say(`placing ${counted(options.orders, 'order')}`);
  const placed = await placeOrders(services.urls.order, options.orders, signal);
  const timeoutMs = 15_000 + options.orders * options.stepDelayMs * 4;
  const received = await allReceived(services, placed, timeoutMs, signal);
  const forgetting = { shipments: received, timeoutMs, say, signal };
  const { shipments, result } = options.erase ? await forgetCustomer(services, forgetting) : { shipments: received };
  const counts = await allHandled(services, environment, signal);

  console.log(`\n${closingTable(shipments)}\n\n${green(counts)}\n${result === undefined ? '' : `${green(result)}\n`}`);
  if (!options.watch) return;
  say('still running, Ctrl-C ends it');
  sayWhereToLook(services);
  await new Promise((_, reject) => signal.addEventListener('abort', reject));
}

/**
 * @param {import('./demo-options.mjs').DemoOptions} options
 * @param {string} environment
 * @param {Stage} stage
 * @returns {Promise<RunningServices>}
 */
async function start({ channel, stepDelayMs }, environment, { signal, stopLater, onEnd, onLine }) {
  // Known to nobody after this run: what it leaves of personal data on a server cannot be read again.
  const secret = randomBytes(32).toString('base64url');
  const common = { environment, stepDelayMs, secret, onLine, onEnd };
  for (const name of channel === undefined ? FALLBACKS : channel === 'memory' ? [] : [channel]) {
    const { services, env, open } = CHANNELS[name];
    const { stop, ...servers } = await startStack({ services, log: say });
    stopLater(stop);
    signal.throwIfAborted();
    const urls = urlsOf(servers);
    if (services.every((service) => urls[service] !== undefined)) {
      if (channel === undefined && name !== 'redis') say(yellow(bold(`NO REDIS: the services run on ${NAMES[name]}.`)));
      // Only now, because these need what was just built.
      const { startSeparately } = await import('./start-separately.mjs');
      return startSeparately({ ...common, env: { CHANNEL: name, ...env(urls) }, channel: await open(urls) });
    }
    if (channel !== undefined)
      throw new Error(`there is no ${missing(services, urls)} to be had, for the reasons above`);
  }
  if (channel === undefined) {
    say(yellow(bold('NO SERVER: the services run on the memory channel, all in this process, and nothing is kept.')));
  }
  const { startInOneProcess } = await import('./start-in-one-process.mjs');
  return startInOneProcess(common);
}

const NAMES = Object.freeze({ redis: 'Redis', kafka: 'Kafka', postgres: 'PostgreSQL' });

/**
 * @param {readonly (keyof typeof NAMES)[]} services
 * @param {Readonly<Record<string, string>>} urls
 */
function missing(services, urls) {
  return services
    .filter((service) => urls[service] === undefined)
    .map((service) => NAMES[service])
    .join(' and no ');
}

/** @param {Readonly<Record<string, import('../dev-stack/take-route.mjs').Server | undefined>>} servers */
function urlsOf(servers) {
  /** @type {Record<string, string>} */
  const urls = {};
  for (const [name, server] of Object.entries(servers)) if (server?.available === true) urls[name] = server.url;
  return urls;
}

/** @param {RunningServices} services */
function sayWhereToLook({ urls }) {
  say(`the live page      ${underline(urls.reporter)}`);
  say(`into the streams   ${underline(`${urls.reporter}/streams`)}`);
  say(`to place an order  ${underline(`${urls.order}/api`)}`);
  say(dim(`how transit is     ${urls.transit}/status`));
}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}
