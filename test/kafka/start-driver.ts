import { randomUUID } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import type {
  KafkaDriver,
  KafkaRecord,
  MemberListener,
  PartitionOffset,
  StoredRecord,
} from '../../src/kafka/kafka-driver.js';
import type { KafkaConnectionOptions } from '../../src/kafka/kafka-options.js';
import { kafkajsDriver } from '../../src/kafka/kafkajs-driver.js';
import { readRecords } from '../../src/kafka/read-records.js';

export type MakeDriver = (options?: Partial<KafkaConnectionOptions>) => KafkaDriver;

export const brokers = inject('kafkaBrokers').split(',');
export const hasKafka = brokers[0] !== '';

/** Times as short as the test's broker allows. */
export const QUICK = { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 8_000 } as const;

/** A driver that is closed when the test is over. */
export function openDriver(options: Partial<KafkaConnectionOptions> = {}): KafkaDriver {
  const driver = kafkajsDriver({ brokers, ...QUICK, ...options });
  onTestFinished(() => driver.close());
  return driver;
}

export async function freshTopic(
  driver: KafkaDriver,
  partitions = 1,
  config?: Record<string, string>,
): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await driver.createTopic({ topic, partitions, ...(config && { config }) });
  return topic;
}

export function record(value: string, partition = 0): KafkaRecord {
  return { partition, key: Buffer.from('key'), value: Buffer.from(value), headers: {} };
}

export function records(count: number, partition = 0): readonly KafkaRecord[] {
  return Array.from({ length: count }, (_, index) => record(String(index), partition));
}

/** A listener that begins where the group stands and keeps what it is given. */
export class Heard implements MemberListener {
  readonly taken: StoredRecord[] = [];
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  readonly owned = new Set<number>();
  busy = false;
  handling: readonly number[] = [];
  joins = 0;

  constructor(
    readonly driver: KafkaDriver,
    readonly topic: string,
    readonly groupId: string,
    readonly on: Partial<MemberListener> = {},
  ) {}

  async assigned(partitions: readonly number[]): Promise<readonly PartitionOffset[]> {
    this.told.push(`assigned ${partitions.join(' ')}`);
    this.joins += 1;
    const starts = await (this.on.assigned?.(partitions) ?? this.#stand(partitions));
    this.owned.clear();
    for (const partition of partitions) this.owned.add(partition);
    return starts;
  }

  async records(partition: number, all: readonly StoredRecord[], high: bigint): Promise<void> {
    this.taken.push(...all);
    await this.on.records?.(partition, all, high);
  }

  async revoking(): Promise<void> {
    this.told.push('revoking');
    await this.on.revoking?.();
  }

  revoked(): void {
    this.told.push('revoked');
    this.owned.clear();
    this.on.revoked?.();
  }

  failed(error: unknown, fatal: boolean): void {
    this.failures.push(error);
    this.on.failed?.(error, fatal);
  }

  get values(): readonly string[] {
    return this.taken.map(({ value }) => String(value));
  }

  async #stand(partitions: readonly number[]): Promise<readonly PartitionOffset[]> {
    const committed = new Map(
      (await this.driver.committed(this.topic, this.groupId)).map(({ partition, offset }) => [partition, offset]),
    );
    return partitions.map((partition) => ({ partition, offset: committed.get(partition) ?? 0n }));
  }
}

export async function wholeOf(driver: KafkaDriver, topic: string) {
  return (await driver.watermarks(topic)).map(({ partition, low, high }) => ({ partition, from: low, to: high }));
}

export async function readAll(batches: AsyncIterable<readonly StoredRecord[]>): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

export async function valuesOf(driver: KafkaDriver, topic: string): Promise<string[]> {
  return (await readAll(readRecords(driver, topic, await wholeOf(driver, topic)))).map(({ value }) => String(value));
}
