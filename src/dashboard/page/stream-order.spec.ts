import { describe, expect, it } from 'vitest';
import type { StreamSummary } from '../dashboard-api.js';
import { arranged } from './stream-order.js';

const stream = (contract: string, lag: number | null = null): StreamSummary => ({
  ...{ stream: `main~prod~${contract}`, connection: 'main', environment: 'prod', contract, channel: 'redis' },
  ...{ events: 0, bytes: null, rate: null, rates: [], lastAt: null, groups: 0, lag, deadLetters: 0, seenAt: null },
});
const streams = [stream('orders-10', 5), stream('orders-9'), stream('Users', 70)];
const names = (words: string, sort?: string) => arranged(streams, words, sort).map(({ contract }) => contract);

describe('the table of streams', () => {
  it('is sorted by name, numbers as numbers', () => {
    expect(names('')).toEqual(['orders-9', 'orders-10', 'Users']);
    expect(names('', '-contract')).toEqual(['Users', 'orders-10', 'orders-9']);
    expect(names('', 'nonsense')).toEqual(names(''));
  });

  it('keeps what has no number at its end', () => {
    expect(names('', 'lag')).toEqual(['orders-10', 'Users', 'orders-9']);
    expect(names('', '-lag')).toEqual(['Users', 'orders-10', 'orders-9']);
  });

  it('finds all words in any of the names', () => {
    expect(names('users REDIS')).toEqual(['Users']);
    expect(names('orders kafka')).toEqual([]);
  });
});
