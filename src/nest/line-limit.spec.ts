import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineLimit, type LogLine } from './line-limit.js';

const line = (text: string): LogLine => ({ level: 'warn', text, data: { event: 'retry' } });

describe('lines of one kind', () => {
  let written: string[];
  let limit: LineLimit;

  beforeEach(() => {
    vi.useFakeTimers();
    written = [];
    limit = new LineLimit(({ text }) => written.push(text));
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('are written at once while they are few', () => {
    for (let i = 1; i <= 5; i += 1) limit.say('retry', line(`${i}`));
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual(['1', '2', '3', '4', '5']);
  });

  it('are counted when there are many, and the last one tells how many', () => {
    for (let i = 1; i <= 1_000; i += 1) limit.say('retry', line(`${i}`));
    expect(written).toHaveLength(5);
    vi.advanceTimersByTime(10_000);
    expect(written.at(-1)).toBe('1000 (the last of 995 such lines)');
    limit.say('retry', line('again'));
    expect(written.at(-1)).toBe('again');
    expect(written).toHaveLength(7);
  });

  it('do not hold back lines of other kinds', () => {
    for (let i = 1; i <= 6; i += 1) limit.say('retry', line(`${i}`));
    limit.say('deadLetter', line('dead'));
    expect(written).toEqual(['1', '2', '3', '4', '5', 'dead']);
  });

  it('are not lost when the application ends', () => {
    for (let i = 1; i <= 6; i += 1) limit.say('retry', line(`${i}`));
    limit.close();
    expect(written).toEqual(['1', '2', '3', '4', '5', '6']);
    vi.advanceTimersByTime(60_000);
    expect(written).toHaveLength(6);
  });
});
