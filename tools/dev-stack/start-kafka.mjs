import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';
import { kafkaFromMaven } from './kafka-from-maven.mjs';
import { formatKafkaNode } from './kafka-node.mjs';
import { kafkaProperties } from './kafka-properties.mjs';

/**
 * @typedef {import('./kafka-from-maven.mjs').KafkaJars} KafkaJars
 * @typedef {import('./kafka-node.mjs').KafkaNode} KafkaNode
 * @typedef {import('./kafka-properties.mjs').Sasl} Sasl
 * @typedef {import('./kafka-properties.mjs').Tls} Tls
 *
 * `brokers` are the addresses for clients, `host:port`; `dir` holds the data and the log of each node.
 * @typedef {{
 *   brokers: readonly string[], nodes: readonly KafkaNode[], dir: string, jars: KafkaJars, stop(): Promise<void>,
 * }} Kafka
 */

/**
 * Starts a private Apache Kafka on 127.0.0.1 and resolves once every node answers.
 *
 * Each node is broker and controller in a Java of its own, and can be stopped, killed and restarted alone. Topics are
 * not made by using them, a group is balanced without delay, and no record grows old. `stop()` kills all nodes and
 * removes their data.
 *
 * @param {{
 *   nodes?: 1 | 3,
 *   properties?: Readonly<Record<string, string | number | boolean>>,
 *   sasl?: Sasl,
 *   tls?: Tls,
 *   advertise?: (address: string) => string | Promise<string>,
 *   heapMb?: number,
 *   jars?: KafkaJars,
 *   cacheDir?: string,
 *   log?: (line: string) => void,
 * }} [options] `properties` win over the ones that every node has; `sasl` and `tls` are what clients must use;
 *   `advertise` is given the address of each node and returns the one that clients are told instead, such as that of
 *   a proxy before it; `jars` (default: what `kafkaFromMaven` gives)
 * @returns {Promise<Kafka>}
 * @throws when there is no Java or no jars, or when a node ends before it answers; with the end of its log
 */
export async function startKafka({ nodes = 1, jars, cacheDir, log, ...options } = {}) {
  const program = jars ?? (await kafkaFromMaven({ cacheDir, log }));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnFreePorts(nodes, program, options);
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isTaken || attempt === 5) throw error;
    }
  }
}

/**
 * @param {1 | 3} count
 * @param {KafkaJars} jars
 * @param {Pick<Parameters<typeof startKafka>[0] & {}, 'properties' | 'sasl' | 'tls' | 'advertise' | 'heapMb'>} options
 * @returns {Promise<Kafka>}
 */
async function startOnFreePorts(count, jars, { properties = {}, sasl, tls, advertise = (own) => own, heapMb = 256 }) {
  const ports = await differentPorts(3 * count);
  const members = Array.from({ length: count }, (_, index) => {
    const [client = 0, between = 0, control = 0] = ports.slice(3 * index, 3 * index + 3);
    return { id: index + 1, client, between, control };
  });
  const brokers = await Promise.all(members.map(({ client }) => advertise(`127.0.0.1:${client}`)));
  const dir = mkdtempSync(join(tmpdir(), 'dev-stack-kafka-'));
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const stopAll = async (/** @type {readonly KafkaNode[]} */ nodes) => {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  const formatted = await Promise.allSettled(
    members.map((member, index) => {
      const own = kafkaProperties(member, members, { advertised: brokers[index] ?? '', sasl, tls });
      return formatKafkaNode({
        id: member.id,
        port: member.client,
        dir: join(dir, `node-${member.id}`),
        properties: { ...own, ...properties },
        clusterId,
        heapMb,
        sasl,
        tls,
        jars,
        onExit: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
      });
    }),
  );
  const nodes = formatted.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  try {
    const failed = formatted.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    // A node alone is not ready: a controller needs the majority.
    await Promise.all(nodes.map((node) => node.restart()));
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  return { brokers, nodes, dir, jars, stop: () => stopAll(nodes) };
}

/** @param {number} count */
async function differentPorts(count) {
  /** @type {Set<number>} */
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
