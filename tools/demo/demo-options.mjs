import { parseArgs } from 'node:util';
import { CHANNELS, isChannel } from './channels.mjs';

/**
 * @typedef {{
 *   channel: 'redis' | 'kafka' | 'postgres' | 'memory' | undefined, orders: number, erase: boolean, watch: boolean, stepDelayMs: number, help: boolean,
 * }} DemoOptions `channel` is undefined when the demo may choose
 */

// Slow enough to be followed, fast enough not to bore.
const STEP_DELAY_MS = 150;
const WATCHED_STEP_DELAY_MS = 800;

/** What `npm run demo -- --help` prints. */
export const HELP = `npm run demo [-- options]

Places orders and follows their shipments through three services: order, transit and reporter.

  --orders <n>                 how many orders to place, 1 to 1000 (default 4)
  --channel <name>             redis: three processes and a Redis, which is found or started (default)
                               kafka: three processes, a Kafka, and a Redis for the arguments
                               postgres: three processes and a PostgreSQL; also when there is no Redis to be had
                               memory: the three services in one process, and no server at all
  --erase                      then forget a customer, and start the reporter anew; needs two orders or more
  --watch                      go slowly, and leave everything running until Ctrl-C
  --help                       print this

REDIS_URL, KAFKA_BROKERS and DATABASE_URL name servers of your own; STEP_DELAY_MS says how long transit takes for one step.`;

/**
 * Reads the command line, and from the environment what the services are told as well.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {DemoOptions}
 * @throws with one line that says what cannot be used
 */
export function readOptions(args, env = process.env) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      channel: { type: 'string' },
      orders: { type: 'string', default: '4' },
      erase: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { channel, erase, watch, help } = values;
  if (channel !== undefined && channel !== 'memory' && !isChannel(channel)) {
    throw new Error(`--channel is ${Object.keys(CHANNELS).join(', ')} or memory, not "${channel}"`);
  }
  const orders = /^\d{1,4}$/.test(values.orders) ? Number(values.orders) : 0;
  if (orders < 1 || orders > 1000) throw new Error(`--orders is a whole number from 1 to 1000, not "${values.orders}"`);
  if (erase && orders < 2)
    throw new Error('--erase needs --orders 2 or more: one customer is forgotten, the others are not');
  const delay = env['STEP_DELAY_MS'] ?? '';
  if (!/^\d{0,5}$/.test(delay)) throw new Error(`STEP_DELAY_MS is a whole number from 0 to 99999, not "${delay}"`);
  const stepDelayMs = delay === '' ? (watch ? WATCHED_STEP_DELAY_MS : STEP_DELAY_MS) : Number(delay);
  return { channel, orders, erase, watch, stepDelayMs, help };
}
