import { describe, expect, it } from 'vitest';
import { checkedPosition } from './checked-position.js';

const at = (id: string, partition = 0) => ({ partition, id });

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
