import { describe, expect, it } from 'vitest';
import { selectedMethod, type EventRefs } from './contract.js';

class Orders {
  placed(user: string) {
    return { user };
  }
  toString(): string {
    return 'orders';
  }
}

describe('a selector', () => {
  it('picks the method that it names', () => {
    expect(selectedMethod<Orders>((events) => events.placed)).toBe('placed');
    expect(selectedMethod<Orders>(({ placed }) => placed)).toBe('placed');
  });

  it('picks a method that every object has by the same way', () => {
    expect(selectedMethod<Orders>((events) => events.toString)).toBe('toString');
  });

  it('that names nothing, or no text, picks nothing', () => {
    expect(selectedMethod<Orders>(() => undefined)).toBeUndefined();
    expect(selectedMethod<Orders>((events) => (events as Record<symbol, unknown>)[Symbol.iterator])).toBeUndefined();
  });

  it('that reads further than a method fails at once', () => {
    const tooFar = (events: EventRefs<Orders>) => (events.placed as unknown as { readonly name: string }).name;
    expect(() => selectedMethod<Orders>(tooFar)).toThrow(TypeError);
  });
});
