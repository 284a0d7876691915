import { describe, expect, it } from 'vitest';
import { deadLetterFields, letterPlace, parksKey, readDeadLetter } from './dead-letters.js';
import { readEntry } from './record.js';

const stream = { environment: 'test', contract: 'orders' };
const reason = { kind: 'failed', code: 'Error', error: 'Error: no', stack: '    at here', attempts: 3 } as const;
const json = JSON.stringify({ id: 'e1', type: 'placed.v1', time: new Date(0).toISOString(), partitionkey: 'k1' });
const { delivery } = readEntry(['5-0', ['eb1', json]], 1, 2);

describe('a dead letter', () => {
  it('reads back as it was written', () => {
    const letter = readDeadLetter(stream, 'group', 2, ['7-1', deadLetterFields(delivery, reason, undefined)]);
    expect(letter).toEqual({
      ...reason,
      ...{ id: '2:7-1', stream, group: 'group', position: { partition: 2, id: '5-0' }, time: 7 },
      ...{ eventId: 'e1', type: 'placed.v1', key: 'k1' },
    });
  });

  it('parks its key in one epoch of its group only, and only when it was to', () => {
    const parking = ['7-1', deadLetterFields(delivery, reason, '3')] as const;
    expect(parksKey(parking, 'k1', '3')).toBe(true);
    expect(parksKey(parking, 'k1', '4')).toBe(false);
    expect(parksKey(parking, 'k2', '3')).toBe(false);
    expect(parksKey(['7-1', deadLetterFields(delivery, reason, undefined)], 'k1', '0')).toBe(false);
  });

  it('of an entry that nobody can read parks nothing', () => {
    const { delivery: unreadable } = readEntry(['5-0', ['garbage', '']], 1);
    expect(deadLetterFields(unreadable, reason, '0')).not.toContain('park');
  });

  it('is found by the id that was given out for it, and by nothing else', () => {
    expect(letterPlace('2:7-1')).toEqual({ partition: 2, id: '7-1' });
    for (const id of ['', '7-1', '2:7', '2:7-1-1', 'x:7-1', '-1:7-1', '2:+']) expect(letterPlace(id)).toBeUndefined();
  });
});
