import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../../tools/dev-stack/index.mjs';
import { filesIn, type Place } from './canary-search.js';

/** In a way that a search can read. */
const KEEPING = ['--appendonly', 'yes', '--aof-use-rdb-preamble', 'no', '--rdbcompression', 'no'];

/** A server of one test file's own, that keeps everything and can be brought back with it. */
export class KeepingRedis {
  #dir = '';
  #server: Awaited<ReturnType<typeof startRedis>> | undefined;

  get url(): string {
    return this.#server?.url ?? '';
  }

  /** Everything that it answers when it is asked for all keys and what is in them. */
  live(): AsyncGenerator<Place> {
    return valuesIn(this.url);
  }

  disk(): AsyncGenerator<Place> {
    return filesIn(this.#dir);
  }

  async start(): Promise<void> {
    this.#dir = await mkdtemp(join(tmpdir(), 'keeping-redis-'));
    this.#server = await startRedis({ dir: this.#dir, args: KEEPING });
  }

  async restart(): Promise<void> {
    await this.#server?.kill();
    this.#server = await startRedis({ port: this.#server?.port, dir: this.#dir, args: KEEPING });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function* valuesIn(url: string): AsyncGenerator<Place> {
  const redis = new Redis(url);
  try {
    for await (const keys of redis.scanBufferStream() as AsyncIterable<Buffer[]>) {
      for (const key of keys) yield { where: `redis ${key.toString()}`, bytes: await contentOf(redis, key) };
    }
  } finally {
    redis.disconnect();
  }
}

async function contentOf(redis: Redis, key: Buffer): Promise<Buffer> {
  const type = await redis.type(key);
  const [command, ...rest] = READS[type] ?? [];
  if (command === undefined) throw new Error(`nobody looks into a ${type}`);
  const content: unknown = await redis.callBuffer(command, key, ...rest);
  const about: unknown = type === 'stream' ? await redis.callBuffer('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0') : [];
  return Buffer.concat([key, ...leaves(content), ...leaves(about)]);
}

const READS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  string: ['GET'],
  hash: ['HGETALL'],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1', 'WITHSCORES'],
  list: ['LRANGE', '0', '-1'],
  stream: ['XRANGE', '-', '+'],
};

function leaves(value: unknown): readonly Buffer[] {
  if (value instanceof Buffer) return [value];
  return Array.isArray(value) ? value.flatMap(leaves) : [];
}
