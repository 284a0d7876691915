import type { TestProject } from 'vitest/node';
import { startStack } from '../tools/dev-stack/index.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The addresses of a real Kafka's brokers, `host:port,...`; empty when none can be had. */
    kafkaBrokers: string;
  }
}

/** Starts the servers that the Kafka tests talk to. With `REQUIRE_REAL=1` a server that cannot be had fails the run. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ services: ['redis', 'kafka'], log: (line) => console.log(line) });
  const { redis, kafka } = stack;
  for (const [name, server] of Object.entries({ Redis: redis, Kafka: kafka })) {
    if (server?.available === true) continue;
    const reason = server?.available === false ? server.reason : 'not asked for';
    if (process.env['REQUIRE_REAL'] === '1') throw new Error(`REQUIRE_REAL=1, and no ${name}: ${reason}`);
    console.log(`tests that need ${name} are skipped: ${reason}`);
  }
  project.provide('redisUrl', redis?.available === true ? redis.url : '');
  project.provide('kafkaBrokers', kafka?.available === true ? kafka.url : '');
  return () => stack.stop();
}
