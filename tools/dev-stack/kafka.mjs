import { setTimeout as wait } from 'node:timers/promises';
import { askKafka } from './ask-kafka.mjs';
import { inDocker } from './in-docker.mjs';
import { kafkaFromMaven } from './kafka-from-maven.mjs';
import { startKafka } from './start-kafka.mjs';

/**
 * The ways to a Kafka, best first. The `url` of each is a list of brokers, `host:port,host:port`.
 *
 * @type {readonly import('./take-route.mjs').Route[]}
 */
export const kafkaRoutes = Object.freeze([
  { name: 'url', named: (env) => Boolean(env['KAFKA_BROKERS']), start: kafkaFromBrokers },
  { name: 'docker', start: () => inDocker('kafka', kafkaOnPort) },
  { name: 'jars', start: privateKafka },
]);

/** @param {import('./take-route.mjs').RouteOptions} options */
async function kafkaFromBrokers({ env }) {
  const url = env['KAFKA_BROKERS'];
  if (!url) throw new Error('KAFKA_BROKERS is not set');
  /** @type {string[]} */
  const reasons = [];
  for (const broker of url.split(',').map((part) => part.trim())) {
    try {
      await askKafka(broker, 3_000);
      return { url, how: 'the brokers that KAFKA_BROKERS names', stop: () => Promise.resolve() };
    } catch (error) {
      reasons.push(`${broker}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`KAFKA_BROKERS names no broker that answers: ${reasons.join('; ')}`);
}

/** @param {number} port */
async function kafkaOnPort(port) {
  const broker = `127.0.0.1:${port}`;
  // A container's port is open before Kafka answers on it.
  for (const deadline = performance.now() + 30_000; ; await wait(100)) {
    try {
      await askKafka(broker, 3_000);
      return broker;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** @param {import('./take-route.mjs').RouteOptions} options */
async function privateKafka({ cacheDir, log }) {
  const jars = await kafkaFromMaven({ cacheDir, log });
  const { brokers, stop } = await startKafka({ jars });
  return { url: brokers.join(','), how: `Apache Kafka ${jars.version} from its jars, on Java ${jars.java}`, stop };
}
