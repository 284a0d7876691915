import { describe, expect, it } from 'vitest';
import { derivedEventId, type Derivation } from './event-id.js';

const BASE: Derivation = {
  causeStream: { environment: 'test', contract: 'orders' },
  causeId: 'o-1',
  group: 'transit',
  contract: 'shipments',
  type: 'packing.v1',
  ordinal: 0,
};

describe('the id of an event that a handler produces', () => {
  it('is the same for the same cause, group, event and number', () => {
    expect(derivedEventId({ ...BASE, causeStream: { ...BASE.causeStream } })).toBe(derivedEventId(BASE));
  });

  it('is a UUID of version 8', () => {
    for (let ordinal = -50; ordinal < 50; ordinal += 1) {
      expect(derivedEventId({ ...BASE, ordinal })).toMatch(
        /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
      );
    }
  });

  it('stays the same in later versions, for what was derived before must be found again', () => {
    expect(derivedEventId(BASE)).toBe('7b8b3780-356f-83b4-b23d-fbe48b5c6e96');
  });

  it.each<[string, Partial<Derivation>]>([
    ['environment of the cause', { causeStream: { environment: 'other', contract: 'orders' } }],
    ['contract of the cause', { causeStream: { environment: 'test', contract: 'returns' } }],
    ['cause', { causeId: 'o-2' }],
    ['group', { group: 'reports' }],
    ['contract', { contract: 'other' }],
    ['type', { type: 'packing.v2' }],
    ['number', { ordinal: 1 }],
    ['number of what middleware produced', { ordinal: -1 }],
  ])('is another one for another %s', (_, other) => {
    expect(derivedEventId({ ...BASE, ...other })).not.toBe(derivedEventId(BASE));
  });

  it('does not mix up its parts', () => {
    const a = derivedEventId({ ...BASE, causeId: '1\no-1', ordinal: 0 });
    const b = derivedEventId({ ...BASE, causeId: 'o-1', ordinal: 1 });
    expect(a).not.toBe(b);
  });
});
