import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { askKafka } from './ask-kafka.mjs';
import { cachedDirectory } from './cached-directory.mjs';
import { freePort } from './free-port.mjs';
import { kafkaFromMaven, startKafka, startStack } from './index.mjs';
import { kafkaVersion } from './kafka-from-maven.mjs';
import { kafkaProperties } from './kafka-properties.mjs';
import { kafkaRoutes } from './kafka.mjs';

const silent = () => undefined;
const jars = await kafkaFromMaven({ log: silent }).catch(() => undefined);

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-stack-test-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
};

/** A PATH that holds nothing but the named programs, each of which prints one line. */
const pathWith = async (programs: Record<string, string>) => {
  const bin = await temporary();
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\necho '${line}'\n`);
    await chmod(join(bin, name), 0o755);
  }
  vi.stubEnv('PATH', bin);
};

afterEach(() => void vi.unstubAllEnvs());

describe('choosing a Kafka', () => {
  const chosen = async (env: Record<string, string>) => {
    const { kafka } = await startStack({ services: ['kafka'], log: silent, env });
    return kafka?.available ? kafka.how : kafka?.reason;
  };

  it('looks for brokers by name, in Docker and for the jars, in this order', () => {
    expect(kafkaRoutes.map(({ name }) => name)).toEqual(['url', 'docker', 'jars']);
  });

  it('reports brokers of the user that do not answer, and takes no others', async () => {
    const broker = `127.0.0.1:${await freePort()}`;
    expect(await chosen({ KAFKA_BROKERS: broker })).toMatch(
      /^url: KAFKA_BROKERS names no broker that answers: .*ECONNREFUSED.*$/,
    );
    expect(await chosen({ KAFKA_BROKERS: 'http://localhost' })).toContain('it is not an address of the form host:port');
  });

  it('is not fooled by another server behind the port', async () => {
    const server = createServer((socket) => {
      // Whoever asks may hang up first.
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const broker = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await chosen({ KAFKA_BROKERS: broker })).toContain('what answers there is no Kafka broker');
  });

  it('does not mind a STACK that is meant for other services, and obeys its own', async () => {
    const env = { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` };
    expect(await chosen({ ...env, STACK: 'debian' })).toMatch(/^url: /);
    await pathWith({});
    expect(await chosen({ ...env, STACK: 'jars' })).toMatch(/^jars: /);
    expect(await chosen({ ...env, STACK: 'typo' })).toBe('STACK=typo names no route; there are: url, docker, jars');
  });

  it('is of the same version in Docker as from its jars', async () => {
    const compose = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
    expect(compose).toContain(`image: apache/kafka:${await kafkaVersion()}\n`);
  });
});

describe('the jars of Kafka', () => {
  const fetched = async () => kafkaFromMaven({ log: silent, cacheDir: await temporary() });

  it('say that Java is missing, or too old', async () => {
    await pathWith({});
    await expect(fetched()).rejects.toThrow('Kafka needs Java 17 or newer: java is not installed');
    await pathWith({ java: 'openjdk 11.0.2 2019-01-15' });
    await expect(fetched()).rejects.toThrow('Kafka needs Java 17 or newer, and this is openjdk 11.0.2 2019-01-15');
  });

  it('say that Maven is missing, or brought nothing, and leave no half of a directory behind', async () => {
    const cacheDir = await temporary();
    await pathWith({ java: 'openjdk 21.0.1 2023-10-17' });
    await expect(kafkaFromMaven({ log: silent, cacheDir })).rejects.toThrow('mvn is not installed');
    await pathWith({ java: 'openjdk 21.0.1 2023-10-17', mvn: 'BUILD SUCCESS' });
    await expect(kafkaFromMaven({ log: silent, cacheDir })).rejects.toThrow('ENOENT');
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('are fetched whole by two processes at once', async () => {
    const cacheDir = await temporary();
    const home = join(cacheDir, 'home');
    const read = (dir: string) => readFile(join(dir, 'half', 'file'), 'utf8');
    const fill = async (draft: string) => {
      await mkdir(join(draft, 'half'));
      await writeFile(join(draft, 'half', 'file'), 'whole');
    };
    const both = await Promise.all([1, 2].map(() => cachedDirectory(home, { use: read, fill })));
    expect(both).toEqual(['whole', 'whole']);
    expect(await readdir(cacheDir)).toEqual(['home']);
  });
});

describe('the properties of a node', () => {
  const members = [1, 2, 3].map((id) => ({ id, client: 10 * id, between: 10 * id + 1, control: 10 * id + 2 }));
  const [first = { id: 0, client: 0, between: 0, control: 0 }] = members;

  it('keep what is stored on as many nodes as there are, and ask for all but one of them', () => {
    const advertised = 'proxy:1';
    expect(kafkaProperties(first, members, { advertised })).toMatchObject({
      'advertised.listeners': 'CLIENT://proxy:1,BETWEEN://127.0.0.1:11',
      'offsets.topic.replication.factor': 3,
      'min.insync.replicas': 2,
    });
    expect(kafkaProperties(first, [first], { advertised })).toMatchObject({
      'offsets.topic.replication.factor': 1,
      'min.insync.replicas': 1,
    });
  });

  it('protect what clients connect to, and nothing else', () => {
    const sasl = { mechanism: 'plain', users: { alice: 'wonder"land' } } as const;
    const tls = { cert: 'CERT', key: 'KEY', ca: 'CA' };
    const properties = kafkaProperties(first, [first], { advertised: 'a:1', sasl, tls });
    expect(properties['listener.security.protocol.map']).toBe('CLIENT:SASL_SSL,BETWEEN:PLAINTEXT,CONTROLLER:PLAINTEXT');
    expect(properties['listener.name.client.plain.sasl.jaas.config']).toContain('user_alice="wonder\\"land"');
    const bearer = kafkaProperties(first, [first], { advertised: 'a:1', sasl: { mechanism: 'oauthbearer' }, tls });
    expect(bearer['listener.name.client.sasl.enabled.mechanisms']).toBe('OAUTHBEARER');
    expect(bearer['listener.name.client.oauthbearer.sasl.jaas.config']).toContain('OAuthBearerLoginModule required;');
  });
});

describe.skipIf(!jars)('a private Kafka', { timeout: 60_000 }, () => {
  it('answers, comes back on its port after a kill, and is gone with its data after stop', async () => {
    // A killed node is let in again when its session is over.
    const properties = { 'broker.session.timeout.ms': 1000, 'broker.heartbeat.interval.ms': 200 };
    const kafka = await startKafka({ jars, properties });
    onTestFinished(() => kafka.stop());
    const [node] = kafka.nodes;
    const [broker = ''] = kafka.brokers;
    expect(await askKafka(broker, 3_000)).toBeGreaterThan(20);
    const before = node?.pid;
    await node?.kill();
    await expect(askKafka(broker, 3_000)).rejects.toThrow('ECONNREFUSED');
    await node?.restart();
    expect(node?.pid).not.toBe(before);
    expect(await askKafka(broker, 3_000)).toBeGreaterThan(20);
    await kafka.stop();
    await expect(askKafka(broker, 3_000)).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(kafka.dir)).toBe(false);
  });

  it('says why it cannot start, and leaves no directory behind', async () => {
    const dir = await temporary();
    vi.stubEnv('TMPDIR', dir);
    await expect(startKafka({ jars, properties: { 'log.segment.bytes': 'many' } })).rejects.toThrow(/many/);
    expect(await readdir(dir)).toEqual([]);
  });

  it('is what the stack gives from the jars, and dies with a parent that is killed', async () => {
    const dir = await temporary();
    const module = new URL('./index.mjs', import.meta.url).href;
    const program = `
      const { startStack } = await import(process.argv[1]);
      const { kafka } = await startStack({ services: ['kafka'], log: () => {} });
      console.log(JSON.stringify(kafka));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, module], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, STACK: 'jars', TMPDIR: dir },
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const kafka = JSON.parse(line.toString()) as { url: string; how: string };
    expect(kafka.how).toMatch(/^Apache Kafka 4\.\S+ from its jars, on Java \d+/);
    expect(await askKafka(kafka.url, 3_000)).toBeGreaterThan(20);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(askKafka(kafka.url, 3_000)).rejects.toThrow('ECONNREFUSED'), {
      timeout: 10_000,
      interval: 10,
    });
  });
});
