import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askKafka } from './ask-kafka.mjs';
import { runCommand } from './run-command.mjs';
import { spawnGuarded } from './spawn-guarded.mjs';

const logging = fileURLToPath(new URL('kafka-log4j2.properties', import.meta.url));

/**
 * One node of a cluster. `stop()` is SIGTERM, after which the node hands over what it leads and ends; `kill()` is
 * SIGKILL. Both resolve when the process is gone and keep the data; `restart()` brings the node back with the same data
 * on the same ports, stopping it first if it still runs. `pid` is that of the last start.
 * @typedef {{
 *   id: number, port: number, readonly pid: number, logFile: string,
 *   stop(): Promise<void>, kill(): Promise<void>, restart(): Promise<void>,
 * }} KafkaNode
 */

/**
 * Writes the settings of a node and formats its data directory; `restart()` starts it.
 *
 * @param {{
 *   id: number, port: number, dir: string, clusterId: string, heapMb: number,
 *   properties: Readonly<Record<string, string | number | boolean>>,
 *   sasl?: import('./kafka-properties.mjs').Sasl, tls?: import('./kafka-properties.mjs').Tls,
 *   jars: import('./kafka-from-maven.mjs').KafkaJars, onExit: () => void,
 * }} options `port` is the one for clients; `onExit` runs when this process exits while the node runs
 * @returns {Promise<KafkaNode>}
 */
export async function formatKafkaNode({ id, port, dir, clusterId, heapMb, properties, sasl, tls, jars, onExit }) {
  const logFile = join(dir, 'kafka.log');
  const settings = join(dir, 'server.properties');
  await mkdir(dir, { recursive: true });
  const lines = Object.entries({ ...properties, 'log.dirs': join(dir, 'data') }).map(([key, value]) => {
    return `${key}=${String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
  });
  await writeFile(settings, lines.join(''));
  const credentials = scramCredentials(sasl);
  // A quick start matters more here than a quick broker.
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-cp', jars.classPath];
  const format = ['kafka.tools.StorageTool', 'format', '-c', settings, '-t', clusterId, ...credentials];
  await runCommand('java', ['-Xmx64m', ...java, ...format], { timeoutMs: 60_000 });

  /** @type {Awaited<ReturnType<typeof spawnGuarded>> | undefined} */
  let server;

  const end = async (/** @type {'SIGTERM' | 'SIGKILL'} */ signal) => {
    await server?.end(signal);
    server?.release();
  };
  const restart = async () => {
    await end('SIGTERM');
    const before = (await readFile(logFile, 'utf8').catch(() => '')).length;
    const broker = [
      '-Xms64m',
      `-Xmx${heapMb}m`,
      `-Dlog4j2.configurationFile=${logging}`,
      ...java,
      'kafka.Kafka',
      settings,
    ];
    server = await spawnGuarded('java', broker, { env: {}, logFile, onExit });
    try {
      await untilItAnswers(server, before);
    } catch (error) {
      await end('SIGKILL');
      throw error;
    }
  };
  /**
   * @param {{ hasEnded(): boolean }} started
   * @param {number} before how long the log was before this start
   */
  const untilItAnswers = async (started, before) => {
    const deadline = performance.now() + 60_000;
    while (!started.hasEnded() && performance.now() < deadline) {
      // Its own log is asked as well, because a Kafka of someone else may have taken the port first.
      const log = (await readFile(logFile, 'utf8')).slice(before);
      const isReady =
        log.includes('Kafka Server started') && (await askKafka(`127.0.0.1:${port}`, 2_000, tls).catch(() => 0));
      if (isReady) return;
      await wait(50);
    }
    throw new Error(
      `Kafka node ${id} on port ${port} ${started.hasEnded() ? 'ended' : 'did not answer'}. ${await why(before)}`,
    );
  };
  const why = async (/** @type {number} */ before) => {
    const lines = (await readFile(logFile, 'utf8')).slice(before).trimEnd().split('\n');
    // The first error is the cause of the others, and of the long farewell that ends the log.
    const errors = lines.filter((line) => /ERROR|FATAL|Exception|Error:/.test(line)).slice(0, 6);
    return `Its log says:\n${(errors.length > 0 ? errors : lines.slice(-8)).join('\n')}`;
  };
  return {
    id,
    port,
    logFile,
    get pid() {
      return server?.pid ?? 0;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    restart,
  };
}

/** @param {import('./kafka-properties.mjs').Sasl | undefined} sasl */
function scramCredentials(sasl) {
  if (sasl?.mechanism !== 'scram-sha-256' && sasl?.mechanism !== 'scram-sha-512') return [];
  const mechanism = sasl.mechanism.toUpperCase();
  return Object.entries(sasl.users).flatMap(([name, password]) => {
    return ['--add-scram', `${mechanism}=[name="${name}",password="${password}"]`];
  });
}
