import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { storedRecord } from './kafkajs-record.js';

describe('a record that kafkajs read', () => {
  it('keeps its headers as they are', () => {
    const headers = { ce_id: Buffer.from('event-1') };
    expect(storedRecord(2, message(headers))).toMatchObject({ partition: 2, offset: 7n, timestamp: 1_000, headers });
  });

  it('has the last one of a header that is repeated, whatever its name', () => {
    const [first, last] = [Buffer.from('first'), Buffer.from('last')];
    const { headers } = storedRecord(0, message({ a: [first, last], ['__proto__']: [first, last], b: first }));
    expect(Object.entries(headers)).toEqual([
      ['a', last],
      ['__proto__', last],
      ['b', first],
    ]);
  });

  it('has no header that came without a value', () => {
    const nothing = null as unknown as undefined;
    const { headers } = storedRecord(0, message({ a: nothing, b: [], c: Buffer.from('') }));
    expect(Object.keys(headers)).toEqual(['c']);
  });
});

function message(headers: KafkaMessage['headers']): KafkaMessage {
  return { offset: '7', timestamp: '1000', key: null, value: null, attributes: 0, headers } as KafkaMessage;
}
