/**
 * The servers that the demo, the tests and the benchmarks need, on whatever machine they run on.
 *
 * @see startStack for servers to use, startRedis for a private one to break.
 */
export { findRedisBinary } from './redis-binary.mjs';
export { startRedis } from './start-redis.mjs';
export { startStack } from './start-stack.mjs';
