import type { TestProject } from 'vitest/node';
import { startStack } from '../tools/dev-stack/index.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a real Redis; empty when none can be had. */
    redisUrl: string;
  }
}

/** Starts the servers that the tests talk to. With `REQUIRE_REAL=1` a server that cannot be had fails the run. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ services: ['redis'], log: (line) => console.log(line) });
  const { redis } = stack;
  if (redis?.available !== true) {
    const reason = redis?.available === false ? redis.reason : 'not asked for';
    if (process.env['REQUIRE_REAL'] === '1') throw new Error(`REQUIRE_REAL=1, and no Redis: ${reason}`);
    console.log(`tests that need Redis are skipped: ${reason}`);
  }
  project.provide('redisUrl', redis?.available === true ? redis.url : '');
  return () => stack.stop();
}
