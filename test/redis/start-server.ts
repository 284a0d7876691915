import { onTestFinished } from 'vitest';
import { startRedis } from '../../tools/dev-stack/index.mjs';

/** A server of one test's own, to be broken at will; gone after the test. */
export async function startServer(options: Parameters<typeof startRedis>[0] = {}): ReturnType<typeof startRedis> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}
