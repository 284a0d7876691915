/**
 * The servers that the demo, the tests and the benchmarks need, on whatever machine they run on.
 *
 * @see startStack for servers to use, startRedis, startKafka and startPostgres for private ones to break.
 */
export { findKcat } from './find-kcat.mjs';
export { findPostgresBinary } from './postgres-binary.mjs';
export { findRedisBinary } from './redis-binary.mjs';
export { kafkaFromMaven } from './kafka-from-maven.mjs';
export { startKafka } from './start-kafka.mjs';
export { startPostgres } from './start-postgres.mjs';
export { startRedis } from './start-redis.mjs';
export { startStack } from './start-stack.mjs';
