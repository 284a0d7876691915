import { describe, expect, it } from 'vitest';
import { onlyPosition, positionBefore } from './position-before.js';
import { comparePositions } from './position.js';

const at = (id: string, partition = 0) => ({ partition, id });

describe('the position before another', () => {
  it('leaves no room between them, whatever the channel', () => {
    expect(positionBefore(at('17', 2))).toEqual(at('16', 2));
    expect(positionBefore(at('1732260000000-5'))).toEqual(at('1732260000000-4'));
    expect(positionBefore(at('1732260000000-0'))).toEqual(at('1732259999999-18446744073709551615'));
  });

  it('lies before it', () => {
    for (const id of ['1', '10', '7-0', '7-1', '99999999999999999999']) {
      const before = positionBefore(at(id));
      expect(before && comparePositions(before, at(id))).toBeLessThan(0);
    }
  });

  it('is none for the first one', () => {
    expect(positionBefore(at('0'))).toBeUndefined();
    expect(positionBefore(at('0-0'))).toBeUndefined();
  });
});

describe('a read is about one position', () => {
  const stream = { environment: 'test', contract: 'orders' };

  it.for(['17', '1732260000000-5', '1732260000000-0', '0'])('where its range has room for %s alone', (id) => {
    const before = positionBefore(at(id, 3));
    const after = before ? [before] : [];
    expect(onlyPosition({ stream, after, until: [at(id, 3)] })).toEqual(at(id, 3));
  });

  it('and about no single one otherwise', () => {
    const until = [at('5')];
    for (const after of [[], [at('3')], [at('5')], [at('4', 1)], [at('4'), at('9', 1)], [at('4-0')]]) {
      expect(onlyPosition({ stream, after, until })).toBeUndefined();
    }
    expect(onlyPosition({ stream, after: [at('4')], until: [at('5'), at('1', 1)] })).toBeUndefined();
    expect(onlyPosition({ stream, after: [at('4')], until: [at('five')] })).toBeUndefined();
    expect(onlyPosition({ stream, after: [at('4')], until, follow: new AbortController().signal })).toBeUndefined();
    expect(onlyPosition({ stream })).toBeUndefined();
  });
});
