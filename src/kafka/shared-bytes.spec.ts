import { describe, expect, it } from 'vitest';
import { SharedBytes } from './shared-bytes.js';

describe('what events have in common', () => {
  it('is made once, and is the same for all', () => {
    const shared = new SharedBytes();
    const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    expect(shared.text('orderPlaced.v1')).toBe(shared.text('orderPlaced.v1'));
    expect(shared.time(time)).toBe(shared.time(time));
    expect(String(shared.text('größer'))).toBe('größer');
    expect([shared.time(time), shared.time(time + 1)].map(String)).toEqual([
      '2026-01-02T03:04:05.006Z',
      '2026-01-02T03:04:05.007Z',
    ]);
  });

  it('takes no more memory, however many different texts there are', () => {
    const shared = new SharedBytes();
    for (let i = 0; i < 1_000; i += 1) shared.text(`text ${i}`);
    expect(shared.text('one more')).not.toBe(shared.text('one more'));
    expect(shared.text('one more')).toEqual(Buffer.from('one more'));
    expect(shared.text('text 999')).toBe(shared.text('text 999'));
  });
});
