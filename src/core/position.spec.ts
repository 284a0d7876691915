import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions } from './position.js';

const at = (id: string, partition = 0) => ({ partition, id });

describe('two positions of a partition', () => {
  it.each([
    ['9-0', '10-0', -1],
    ['1732260000000-2', '1732260000000-10', -1],
    ['1732260000001-0', '1732260000000-99', 1],
    ['7', '7', 0],
    ['7', '7-0', 0],
    ['7', '7-1', -1],
    ['99999999999999999999', '100000000000000000000', -1],
  ])('%s and %s compare as numbers', (a, b, sign) => {
    expect(Math.sign(comparePositions(at(a), at(b)))).toBe(sign);
  });

  it('compare the other way round when they are swapped', () => {
    const ids = fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.nat(100)).map(([a, b]) => `${a.toString()}-${b}`);
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(comparePositions(at(a), at(b)) + comparePositions(at(b), at(a))).toBe(0);
      }),
    );
  });
});

describe('positions that cannot be compared', () => {
  it('of different partitions are refused', () => {
    expect(() => comparePositions(at('1', 0), at('1', 1))).toThrow(
      expect.objectContaining({
        code: 'EB_ARGUMENT',
        details: { path: 'partition', constraint: 'the same partition' },
      }),
    );
  });

  it.each(['', 'abc', '1--2', '-1', '1-', '0x10', '1'.repeat(100)])(
    'with the id %j are refused without quoting it',
    (id) => {
      expect(() => comparePositions(at(id), at('1'))).toThrow(
        expect.objectContaining({ code: 'EB_ARGUMENT', details: expect.objectContaining({ path: 'id' }) as unknown }),
      );
    },
  );
});
