import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kafkaFailure, kafkaReason } from '../../src/kafka/kafka-failure.js';
import type { KafkaConnectionOptions } from '../../src/kafka/kafka-options.js';
import { startKafka } from '../../tools/dev-stack/start-kafka.mjs';
import { freshTopic, hasKafka, Heard, openDriver, record } from './start-driver.js';
import { startCertificates } from './start-certificates.js';

const certificates = hasKafka ? startCertificates() : undefined;
// The client asks for the next token ten seconds before the end of one, and the broker for one in a second at most.
const SHORT_MS = 13_000;

/** An unsigned token, as the broker of these tests takes them. */
function tokenFor(subject: string, lifeMs = 3_600_000): string {
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  const claims = { sub: subject, iat: seconds(Date.now()), exp: seconds(Date.now() + lifeMs) };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

const bearer = (token: () => Promise<string>): KafkaConnectionOptions['sasl'] => ({ mechanism: 'oauthbearer', token });

describe.skipIf(!certificates)('Kafka with bearer tokens over TLS', () => {
  const { ca = '' } = certificates ?? {};
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    if (!certificates) return;
    // The broker closes connections whose token has run out.
    const properties = { 'connections.max.reauth.ms': 3_600_000 };
    kafka = await startKafka({ sasl: { mechanism: 'oauthbearer' }, tls: certificates, properties });
  });
  afterAll(() => kafka.stop());

  it('goes on beyond the end of a token, with the next one', { timeout: 90_000 }, async () => {
    const given: number[] = [];
    const token = () => {
      given.push(Date.now());
      return Promise.resolve(tokenFor('alice', SHORT_MS));
    };
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl: bearer(token) });
    const topic = await freshTopic(driver);
    await driver.produce(topic, [record('a')], 10_000);
    const heard = new Heard(driver, topic, randomUUID());
    driver.join(topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.values).toEqual(['a']), 15_000);
    const early = given.length;
    // Of all the tokens that the client has by now.
    const end = Math.max(...given) + SHORT_MS;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(end + 1_000), 25_000);
    await driver.produce(topic, [record('b')], 10_000);
    await vi.waitFor(() => expect(heard.values).toEqual(['a', 'b']), 15_000);
    expect(given.length).toBeGreaterThan(early);
  });

  it.each([
    ['has run out', tokenFor('alice', -60_000)],
    ['is none', 'looking-glass'],
  ])('refuses a token that %s, and says so without showing it', async (_, token) => {
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl: bearer(() => Promise.resolve(token)) });
    const topic = `t-${randomUUID()}`;
    const error: unknown = await driver.produce(topic, [record('x')], 10_000).catch((reason: unknown) => reason);
    expect(kafkaFailure(error)).toBe('auth');
    const heard = new Heard(driver, topic, randomUUID());
    driver.join(topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.failures.map(kafkaFailure)).toContain('auth'), 25_000);
    const told = [error, ...heard.failures].map((one) => `${String(one)} ${kafkaReason(one)}`).join();
    expect(told).not.toContain(token);
  });

  it('waits for a token that cannot be had for now', async () => {
    let isAway = true;
    const token = () => (isAway ? Promise.reject(new Error('no answer')) : Promise.resolve(tokenFor('alice')));
    const driver = openDriver({ brokers: kafka.brokers, tls: { ca }, sasl: bearer(token) });
    const heard = new Heard(driver, `t-${randomUUID()}`, randomUUID());
    driver.join(heard.topic, heard.groupId, heard);
    await vi.waitFor(() => expect(heard.failures.map(kafkaFailure)).toContain('unsent'), 25_000);
    const other = `t-${randomUUID()}`;
    const error: unknown = await driver.produce(other, [record('x')], 2_000).catch((reason: unknown) => reason);
    expect([kafkaFailure(error), kafkaReason(error)].join()).not.toContain('no answer');
    expect(kafkaFailure(error)).toBe('unsent');
    isAway = false;
    await driver.createTopic({ topic: heard.topic, partitions: 1 });
    await driver.produce(heard.topic, [record('a')], 10_000);
    await vi.waitFor(() => expect(heard.values).toEqual(['a']), 25_000);
  });
});
