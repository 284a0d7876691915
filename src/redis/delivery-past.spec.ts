import { describe, expect, it } from 'vitest';
import { pastOf } from './delivery-past.js';

describe('what a group remembers about an event', () => {
  it('is read as failures, crashes and whether it was redriven', () => {
    expect(pastOf('2 1 0')).toEqual({ failures: 2, crashes: 1, redriven: false });
    expect(pastOf('0 0 1')).toEqual({ failures: 0, crashes: 0, redriven: true });
  });

  it('is nothing when nothing was written down', () => {
    expect(pastOf('')).toBeUndefined();
  });
});
