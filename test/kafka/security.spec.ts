import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kafkaFailure, kafkaReason } from '../../src/kafka/kafka-failure.js';
import type { KafkaConnectionOptions } from '../../src/kafka/kafka-options.js';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { freshTopic, hasKafka, Heard, openDriver, record } from './start-driver.js';
import { startCertificates } from './start-certificates.js';

const certificates = hasKafka ? startCertificates() : undefined;
if (!certificates) console.log('tests of Kafka over TLS are skipped: there is no Kafka, or no openssl');

describe.skipIf(!certificates)('Kafka with passwords and TLS', () => {
  const users = { alice: 'wonderland', bob: 'builder' };
  const mechanism = 'scram-sha-512';
  const alice = { mechanism, username: 'alice', password: users.alice } as const;
  const { ca = '', otherCa = '' } = certificates ?? {};
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    if (!certificates) return;
    kafka = await startKafka({ sasl: { mechanism, users }, tls: certificates });
  });
  afterAll(() => kafka.stop());

  it('works for who is known, and keeps clients of one set of options apart', async () => {
    const sasl = { ...alice };
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl });
    const topic = await freshTopic(driver);
    await driver.produce(topic, [record('a')], 10_000);
    const heard = new Heard(driver, topic, randomUUID());
    driver.join(topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['a']), 15_000);
    expect(sasl).toEqual(alice);
    const other = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl: { ...sasl, password: 'not hers' } });
    await expect(other.topic(topic)).rejects.toSatisfy((error) => kafkaFailure(error) === 'auth');
  });

  it.each<[string, Partial<KafkaConnectionOptions>]>([
    ['a wrong password', { tls: { ca }, sasl: { ...alice, password: 'looking-glass' } }],
    ['an unknown user', { tls: { ca }, sasl: { ...alice, username: 'mallory' } }],
    ['a broker of another authority', { tls: { ca: otherCa }, sasl: alice }],
    ['a broker of no known authority', { tls: true, sasl: alice }],
  ])('refuses %s, and says so without a secret', async (_, options) => {
    const driver = openDriver({ brokers: kafka.brokers, ...options });
    const topic = `t-${randomUUID()}`;
    const error: unknown = await driver.produce(topic, [record('x')], 10_000).catch((reason: unknown) => reason);
    expect(kafkaFailure(error)).toBe('auth');
    const heard = new Heard(driver, topic, randomUUID());
    driver.join(topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.failures.map(kafkaFailure)).toContain('auth'), 15_000);
    const told = [error, ...heard.failures].map((one) => `${String(one)} ${kafkaReason(one)}`).join();
    expect(told).not.toMatch(/looking-glass|wonderland/);
  });
});
