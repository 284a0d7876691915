import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kafkaFailure } from '../../src/kafka/kafka-failure.js';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { FaultProxy } from '../redis/fault-proxy.js';
import { freshTopic, hasKafka, Heard, openDriver, record, valuesOf } from './start-driver.js';

/** A broker that is missed, and let in again, soon. */
const properties = { 'broker.session.timeout.ms': 1_000, 'broker.heartbeat.interval.ms': 200 };

describe.skipIf(!hasKafka)('a broker that comes and goes', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    kafka = await startKafka({ properties });
  });
  afterAll(() => kafka.stop());

  it('loses nothing that it confirmed when it is killed, and everyone finds it again', async () => {
    const [node] = kafka.nodes;
    const driver = openDriver({ brokers: kafka.brokers });
    const topic = await freshTopic(driver);
    const groupId = randomUUID();
    const heard: Heard = new Heard(driver, topic, groupId, {
      records: async (partition, all) => {
        const last = all.at(-1)?.offset ?? -1n;
        await member.commit([{ partition, offset: last + 1n }]).catch(() => undefined);
      },
    });
    const member = driver.join(topic, groupId, heard);
    const confirmed: string[] = [];
    const over = new AbortController();
    const producing = (async () => {
      for (let number = 0; !over.signal.aborted; number += 1) {
        const stored = driver
          .produce(topic, [record(String(number))], 1_000)
          .then(() => confirmed.push(String(number)));
        await stored.catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    await vi.waitFor(() => expect(heard.values.length).toBeGreaterThan(20), 20_000);
    await node?.kill();
    const before = confirmed.length;
    await vi.waitFor(() => expect(heard.failures.length).toBeGreaterThan(0), 20_000);
    await node?.restart();
    await vi.waitFor(() => expect(confirmed.length).toBeGreaterThan(before + 20), 20_000);
    over.abort();
    await producing;
    await vi.waitFor(() => expect(new Set(heard.values)).toEqual(new Set([...heard.values, ...confirmed])), 20_000);
    const firsts = [...new Set(heard.values)].map(Number);
    expect(firsts).toEqual(firsts.toSorted((one, other) => one - other));
  });

  it('may be away when everyone starts', async () => {
    const [node] = kafka.nodes;
    const maker = openDriver({ brokers: kafka.brokers });
    const topic = await freshTopic(maker);
    await node?.stop();
    const driver = openDriver({ brokers: kafka.brokers });
    const heard = new Heard(driver, topic, randomUUID());
    const member = driver.join(topic, heard.groupId, heard);
    const stored = driver.produce(topic, [record('early')], 30_000);
    const unsent = driver.produce(topic, [record('never')], 300).catch((error: unknown) => kafkaFailure(error));
    expect(await unsent).toBe('unsent');
    await vi.waitFor(() => expect(heard.failures.length).toBeGreaterThan(0), 20_000);
    await node?.restart();
    expect(await stored).toEqual([0n]);
    await vi.waitFor(() => expect(heard.values).toEqual(['early']), 20_000);
    await member.close(5_000);
  });
});

describe.skipIf(!hasKafka)('a network that loses things', () => {
  it(
    'makes an append unknown when its answer is lost, and unsent when nobody was reached',
    { timeout: 60_000 },
    async () => {
      let proxy: FaultProxy | undefined;
      const kafka = await startKafka({
        properties,
        advertise: async (address) => {
          proxy = await FaultProxy.before(`kafka://${address}`);
          return new URL(proxy.url).host;
        },
      });
      try {
        const driver = openDriver({ brokers: kafka.brokers });
        const topic = await freshTopic(driver);
        const failureOf = (value: string) =>
          driver.produce(topic, [record(value)], 700).then(
            () => 'stored',
            (error: unknown) => kafkaFailure(error),
          );
        // The first append of all waits for the broker's own topics.
        await vi.waitFor(async () => expect(await failureOf('zero')).toBe('stored'), 20_000);
        expect(await failureOf('one')).toBe('stored');
        proxy?.drop('replies');
        expect(await failureOf('two')).toBe('unknown');
        proxy?.refuse();
        expect(await failureOf('three')).toBe('unsent');
        proxy?.pass();
        await vi.waitFor(async () => expect(await failureOf('four')).toBe('stored'), 10_000);
        // A broker that is new reads for nobody until its coordinator has loaded: then it is asked again.
        const found = (await valuesOf(driver, topic)).filter((value) => value !== 'zero');
        expect(found.slice(0, 2)).toEqual(['one', 'two']);
        expect(found).not.toContain('three');
      } finally {
        await kafka.stop();
      }
    },
  );

  it('leaves nothing behind that keeps the process or a caller waiting', async () => {
    const driver = openDriver({ brokers: ['127.0.0.1:1'] });
    const heard = new Heard(driver, 'any', 'any');
    driver.join('any', 'any', heard);
    const pending = driver.produce('any', [record('x')], 60_000).catch((error: unknown) => kafkaFailure(error));
    await vi.waitFor(() => expect(heard.failures.length).toBeGreaterThan(0), 10_000);
    await driver.close();
    expect(await pending).toBe('unsent');
  });
});
