import type { Mechanism } from 'kafkajs';
import { KafkaCallError } from './kafka-failure.js';

/**
 * Signs in with a token that is asked for at each connection, and again before its end. Brokers answer a token that they
 * refuse with an empty success and their reason in it, which kafkajs' own way does not look at.
 */
export function bearerSasl(token: () => Promise<string>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const request = bearerRequest(await given(token));
        const refusal = await saslAuthenticate<Buffer>({
          request: { encode: () => request },
          response: { decode: (raw) => raw, parse: (raw) => raw },
        });
        if (refusal && refusal.length > LENGTH_BYTES)
          throw new KafkaCallError('auth', 'the brokers did not accept the token');
      },
    }),
  };
}

/** What it fails with may hold a secret. */
async function given(token: () => Promise<string>): Promise<string> {
  try {
    return await token();
  } catch {
    throw new KafkaCallError('unsent', 'the token could not be had');
  }
}

const LENGTH_BYTES = 4;

function bearerRequest(token: string): Buffer {
  const text = Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(text.length);
  return Buffer.concat([length, text]);
}
