import { describe, expect, it } from 'vitest';
import { COPY_LINKED, COPY_ORIGIN, COPY_TRAIL, DEFAULT_CONTENT_TYPE, NO_HEADERS, type Message } from '../core/index.js';
import { copyHeaders, copyMark, hasBeenAt, originText } from './copy-mark.js';
import { parsePlace, placeText, type Place } from './place.js';

const EU: Place = { server: 'redis-eu', environment: 'prod', contract: 'orders' };
const US: Place = { server: 'redis-us', environment: 'prod', contract: 'orders' };
const TEST: Place = { environment: 'test', contract: 'orders' };

function message(headers: Message['headers'], id = 'e-1'): Message {
  return {
    ...{ id, source: 'shop', type: 'paid.v1', time: 1, key: 'k', correlationId: id },
    ...{ contentType: DEFAULT_CONTENT_TYPE, headers, fields: {}, personal: [] },
  };
}

describe('the mark of a copy', () => {
  it('tells where the event was produced, what it was copied from and where it has been', () => {
    const first = message(copyHeaders(message({ tenant: 'a' }), EU, US), 'e-2');
    expect({ ...first.headers }).toEqual({
      tenant: 'a',
      'eb-origin': 'redis-eu/prod/orders/e-1',
      'eb-linked': 'e-1',
      'eb-trail': 'redis-eu/prod/orders,redis-us/prod/orders',
    });
    expect(copyMark(first)).toEqual({ origin: { ...EU, id: 'e-1' }, linked: 'e-1', trail: [EU, US] });
    const second = message(copyHeaders(first, US, TEST), 'e-3');
    expect(copyMark(second)).toEqual({ origin: { ...EU, id: 'e-1' }, linked: 'e-2', trail: [EU, US, TEST] });
    expect([EU, US, TEST].map((place) => hasBeenAt(second, place))).toEqual([true, true, true]);
    expect(hasBeenAt(first, TEST)).toBe(false);
    expect(originText(second, TEST)).toBe('redis-eu/prod/orders/e-1');
  });

  it('is not there on an event that was produced where it stands', () => {
    expect(copyMark(message(NO_HEADERS))).toBeUndefined();
    expect(hasBeenAt(message({ tenant: 'a' }), EU)).toBe(false);
    expect(originText(message(NO_HEADERS), EU)).toBe('redis-eu/prod/orders/e-1');
  });

  it('does not change the headers of the event', () => {
    const headers = Object.freeze({ tenant: 'a' });
    copyHeaders(message(headers), EU, US);
    expect(headers).toEqual({ tenant: 'a' });
  });

  it.each([
    ['orders/e-1', 'e-1', ''],
    ['a/b/c/d/e-1', 'e-1', ''],
    ['prod/or ders/e-1', 'e-1', ''],
    ['__proto__/orders/e-1', 'e-1', ''],
    ['prod/orders/', 'e-1', ''],
    ['', 'e-1', ''],
    ['prod/orders/e-1', 'e-1', 'no place'],
  ])('is none where somebody has written something else: %s', (origin, linked, trail) => {
    expect(copyMark(message({ [COPY_ORIGIN]: origin, [COPY_LINKED]: linked, [COPY_TRAIL]: trail }))).toBeUndefined();
  });
});

describe('a place', () => {
  it.each([EU, TEST])('comes back from its text: %o', (place) => {
    expect(parsePlace(placeText(place))).toEqual(place);
  });
});
