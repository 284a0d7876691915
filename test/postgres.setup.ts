import type { TestProject } from 'vitest/node';
import { startStack } from '../tools/dev-stack/index.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a real PostgreSQL, whose user may create databases; empty when none can be had. */
    postgresUrl: string;
  }
}

/** Starts the servers that the PostgreSQL tests talk to. With `REQUIRE_REAL=1` one that cannot be had fails the run. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ services: ['redis', 'postgres'], log: (line) => console.log(line) });
  const { redis, postgres } = stack;
  for (const [name, server] of Object.entries({ Redis: redis, PostgreSQL: postgres })) {
    if (server?.available === true) continue;
    const reason = server?.available === false ? server.reason : 'not asked for';
    if (process.env['REQUIRE_REAL'] === '1') throw new Error(`REQUIRE_REAL=1, and no ${name}: ${reason}`);
    console.log(`tests that need ${name} are skipped: ${reason}`);
  }
  project.provide('redisUrl', redis?.available === true ? redis.url : '');
  project.provide('postgresUrl', postgres?.available === true ? postgres.url : '');
  return () => stack.stop();
}
