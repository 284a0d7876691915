import { describe, expect, it } from 'vitest';
import { kafkaConnection, type KafkaConnectionOptions } from './kafka-options.js';

const brokers = ['127.0.0.1:9092'];
const password = 'hunter2-is-secret';
const plain = { mechanism: 'plain', username: 'me', password } as const;
const scram = { mechanism: 'scram-sha-512', username: 'me', password } as const;
const bearer = { mechanism: 'oauthbearer', token: async () => password } as const;

function refusalOf(options: unknown): string {
  try {
    kafkaConnection(options as KafkaConnectionOptions);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EB_OPTIONS' });
    return (error as Error).message;
  }
  return '';
}

describe('the connection options', () => {
  it('have defaults', () => {
    expect(kafkaConnection({ brokers })).toMatchObject({
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      publishTimeoutMs: 10_000,
      compression: 'none',
      tls: undefined,
    });
    expect(kafkaConnection({ brokers, tls: true }).tls).toEqual({});
  });

  it('are refused when they cannot work', () => {
    for (const wrong of [
      {},
      { brokers: [] },
      { brokers: 'localhost:9092' },
      { brokers: ['localhost'] },
      { brokers: ['kafka://user:pass@host:9092'] },
      { brokers, sessionTimeoutMs: 0 },
      { brokers, publishTimeoutMs: Number.NaN },
      { brokers, sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 10_000 },
      { brokers, compression: 'zstd' },
      { brokers, tls: false },
      { brokers, tls: true, sasl: { mechanism: 'magic' } },
      { brokers, tls: true, sasl: { mechanism: 'plain', username: 'me' } },
      { brokers, tls: true, sasl: { mechanism: 'oauthbearer' } },
    ]) {
      expect(refusalOf(wrong)).toMatch(/^EB_OPTIONS/);
    }
  });

  it('do not let a password or a token travel in the open, unless it is said in so many words', () => {
    for (const sasl of [plain, bearer]) {
      expect(refusalOf({ brokers, sasl })).toContain('dangerouslyAllowPlaintextPassword');
      expect(refusalOf({ brokers, sasl, tls: true })).toBe('');
      expect(refusalOf({ brokers, sasl, dangerouslyAllowPlaintextPassword: true })).toBe('');
    }
    expect(refusalOf({ brokers, sasl: scram })).toBe('');
  });

  it('do not let a certificate go unchecked, unless it is said in so many words', () => {
    const tls = { rejectUnauthorized: false };
    expect(refusalOf({ brokers, tls })).toContain('dangerouslyAcceptUnverifiedTls');
    expect(refusalOf({ brokers, tls, dangerouslyAcceptUnverifiedTls: true })).toBe('');
  });

  it('are never quoted where they hold a secret', () => {
    expect(refusalOf({ brokers, sasl: plain })).not.toContain(password);
    expect(refusalOf({ brokers: [`kafka://me:${password}@host:9092`] })).not.toContain(password);
  });
});
