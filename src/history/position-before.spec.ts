import { describe, expect, it } from 'vitest';
import { comparePositions } from '../core/index.js';
import { checkedPosition, positionBefore } from './position-before.js';

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

describe('a position', () => {
  it.for([
    null,
    undefined,
    'x',
    17,
    {},
    { id: '1' },
    at('', 0),
    at('-1'),
    at('1-'),
    at('1.5'),
    at('1', -1),
    at('1', 0.5),
  ])('is refused as %j', (position) => {
    expect(() => checkedPosition('after', position as never)).toThrow(expect.objectContaining({ code: 'EB_ARGUMENT' }));
  });
});
