import { describe, expect, it } from 'vitest';
import { readVariables, VariablesError } from './variables.js';

describe('the variables of an app', () => {
  it('may all be absent or empty', () => {
    const defaults = {
      channel: 'redis',
      redisUrl: 'redis://127.0.0.1:6379',
      kafkaBrokers: ['127.0.0.1:9092'],
      databaseUrl: 'postgres://postgres@127.0.0.1:5432/postgres',
      leaseMs: undefined,
      environment: 'demo',
      privacySecret: undefined,
      tracesEndpoint: undefined,
      host: '127.0.0.1',
      port: 3001,
      stepDelayMs: 0,
    };
    expect(readVariables({}, 3001)).toEqual(defaults);
    expect(readVariables({ CHANNEL: '', PORT: '', REDIS_URL: '' }, 3001)).toEqual(defaults);
  });

  it('are read from the environment', () => {
    const env = {
      CHANNEL: 'memory',
      REDIS_URL: 'rediss://me:word@redis.example:7000/1',
      KAFKA_BROKERS: 'one:9092,two:9093',
      DATABASE_URL: 'postgres://me:word@db.example/orders',
      LEASE_MS: '2000',
      ENVIRONMENT: 'staging',
      PRIVACY_SECRET: 'known to nobody but to these apps',
      HOST: '0.0.0.0',
      PORT: '0',
      STEP_DELAY_MS: '250',
    };
    expect(readVariables(env, 3001)).toEqual({
      channel: 'memory',
      redisUrl: 'rediss://me:word@redis.example:7000/1',
      kafkaBrokers: ['one:9092', 'two:9093'],
      databaseUrl: 'postgres://me:word@db.example/orders',
      leaseMs: 2000,
      environment: 'staging',
      privacySecret: 'known to nobody but to these apps',
      host: '0.0.0.0',
      port: 0,
      stepDelayMs: 250,
    });
  });

  it.each([
    ['CHANNEL', 'rabbit'],
    ['KAFKA_BROKERS', 'one,two'],
    ['DATABASE_URL', 'mysql://localhost/orders'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['LEASE_MS', '1'],
    ['ENVIRONMENT', 'a:b'],
    ['PRIVACY_SECRET', 'x'.repeat(31)],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['STEP_DELAY_MS', '1.5'],
  ])('are refused by name when they cannot be used: %s=%s', (name, value) => {
    expect(() => readVariables({ [name]: value }, 3001)).toThrow(new RegExp(`^${name} must be `));
  });

  it('are refused all at once, and without their values: a URL may hold a password', () => {
    const read = () => readVariables({ PORT: 'x', REDIS_URL: 'redis:me:secret', PRIVACY_SECRET: 'secret' }, 3001);
    expect(read).toThrow(VariablesError);
    expect(read).toThrow(/REDIS_URL must be .*; PRIVACY_SECRET must be .*; PORT must be /);
    expect(read).not.toThrow(/secret/);
  });
});
