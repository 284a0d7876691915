import { describe, expect, it } from 'vitest';
import { groupId, topicNames } from './topic-names.js';

describe('the names of a stream on Kafka', () => {
  it('are made of its environment and contract', () => {
    expect(topicNames({ environment: 'live', contract: 'shop.orders' })).toEqual({
      events: 'live.shop.orders',
      groups: 'live.shop.orders.groups',
    });
  });

  it('keep groups of different streams apart, whatever dots there are', () => {
    expect(groupId('live.a.b', 'c', 0)).not.toBe(groupId('live.a', 'b.c', 0));
    expect(groupId('live.a', 'b', 1)).toBe('live.a~b~1');
  });

  it.each([
    ['an environment with a dot', { environment: 'a.b', contract: 'c' }],
    ["a contract that could be another one's groups", { environment: 'a', contract: 'c.groups' }],
    ['a name that is none', { environment: 'a', contract: 'c d' }],
    ['names that are too long together', { environment: 'a'.repeat(128), contract: 'c'.repeat(128) }],
  ])('are refused for %s', (_, stream) => {
    expect(() => topicNames(stream)).toThrow(expect.objectContaining({ code: 'EB_NAME' }));
  });
});
