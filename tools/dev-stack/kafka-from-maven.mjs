import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './cache-root.mjs';
import { cachedDirectory } from './cached-directory.mjs';
import { runCommand } from './run-command.mjs';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * The jars of Apache Kafka, and a Java that runs them; `java` is its version.
 * @typedef {{ version: string, classPath: string, java: string }} KafkaJars
 */

/**
 * Gives Apache Kafka's own jars, fetched by Maven into a directory below `cacheDir`. The first call downloads (44 MB,
 * and Maven's plugin where it is missing), later ones do not and need no Maven. pom.xml names the version.
 *
 * @param {{ cacheDir?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<KafkaJars>}
 * @throws when there is no Java 17 or newer, or the jars are not in the cache and Maven cannot get them
 */
export async function kafkaFromMaven({ cacheDir = cacheRoot, log = console.log } = {}) {
  const java = await javaVersion();
  const version = await kafkaVersion();
  const home = join(cacheDir, `kafka-${version}`);
  await cachedDirectory(home, {
    use: (dir) => requireJars(join(dir, 'libs'), version),
    async fill(draft) {
      log(`kafka: fetching the jars of Apache Kafka ${version} into ${home} (once)`);
      const goal = [copyDependencies, '-DincludeScope=runtime', `-DoutputDirectory=${join(draft, 'libs')}`];
      await runCommand('mvn', ['-q', '-B', '-f', pom, ...goal], { timeoutMs: 240_000 });
    },
  });
  return { version, classPath: join(home, 'libs', '*'), java };
}

/** The version of Apache Kafka that pom.xml names. */
export async function kafkaVersion() {
  const version = /<kafka\.version>(.*)<\/kafka\.version>/.exec(await readFile(pom, 'utf8'))?.[1];
  if (!version) throw new Error(`${pom} names no kafka.version`);
  return version;
}

/**
 * @param {string} libs
 * @param {string} version
 */
async function requireJars(libs, version) {
  const names = await readdir(libs);
  // The last two are what only the dependencies of the dependencies, and only our own line in pom.xml, bring along.
  for (const name of [`kafka_2.13-${version}.jar`, `kafka-clients-${version}.jar`, 'log4j-slf4j-impl-']) {
    if (!names.some((jar) => jar.startsWith(name))) throw new Error(`${libs} holds no ${name}`);
  }
  return names;
}

async function javaVersion() {
  const said = await runCommand('java', ['--version'], { timeoutMs: 10_000 }).catch((error) => {
    throw new Error(`Kafka needs Java 17 or newer: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  });
  const version = /\b(\d+)(\.[\d.]+)?/.exec(said);
  if (!version || Number(version[1]) < 17) {
    throw new Error(`Kafka needs Java 17 or newer, and this is ${said.split('\n')[0] ?? ''}`);
  }
  return version[0];
}
