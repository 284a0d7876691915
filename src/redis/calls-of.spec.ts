import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Append } from './append.js';
import type { PreparedEvent } from './append-call.js';
import { callsOf } from './calls-of.js';
import { streamKeys } from './keys.js';

const STREAMS = ['a', 'b', 'c'].map((contract) => streamKeys('eb', { environment: 'test', contract }, 0));

describe('the calls that appends travel in', () => {
  it('are of one stream each, keep its order, lose nothing, and are not larger than they must be', () => {
    const appends = fc.array(
      fc.record({ stream: fc.nat(2), events: fc.integer({ min: 1, max: 300 }), bytes: fc.nat(9_000) }),
    );
    fc.assert(
      fc.property(appends, (given) => {
        const all = given.map(({ stream, events, bytes }, i) => append(i, stream, events, bytes));
        const calls = callsOf(all);
        for (const call of calls) {
          expect(new Set(call.map(({ keys }) => keys.stream)).size).toBe(1);
          expect(call.length === 1 || eventsOf(call) <= 128).toBe(true);
          expect(call.length === 1 || bytesOf(call) <= 256 * 1024).toBe(true);
        }
        for (const { stream } of STREAMS) {
          const sent = calls.flat().filter(({ keys }) => keys.stream === stream);
          expect(sent).toEqual(all.filter(({ keys }) => keys.stream === stream));
        }
      }),
    );
  });

  it('are as few as can be for small appends of several streams in turn', () => {
    const all = Array.from({ length: 96 }, (_, i) => append(i, i % 3, 1, 200));
    expect(callsOf(all)).toHaveLength(3);
  });
});

function append(sequence: number, stream: number, count: number, bytes: number): Append {
  const event: PreparedEvent = {
    id: 'a',
    entry: '{}',
    names: [],
    values: [],
    key: '',
    plain: 0,
    nonce: undefined,
    bytes,
  };
  const keys = STREAMS[stream] ?? streamKeys('eb', { environment: 'test', contract: 'other' }, 0);
  const events = Array.from({ length: count }, () => event);
  return new Append({ sequence, keys, events, deadline: 0, signal: undefined });
}

function eventsOf(call: readonly Append[]): number {
  return call.reduce((sum, { events }) => sum + events.length, 0);
}

function bytesOf(call: readonly Append[]): number {
  return call.reduce((sum, { bytes }) => sum + bytes, 0);
}
