import { describe, expect, it } from 'vitest';
import { hashOf, parentOf, routeOf, type Route } from './route.js';

const query = { key: 'a/b?c=d&e#f', from: '2026-01-01T00:00' };

describe('an address of the page', () => {
  it('holds any name, and reads back as it was written', () => {
    const route: Route = { view: 'dead-letters', stream: 'main~prod~50% off/x', item: '<i>#?', query };
    expect(routeOf(hashOf(route))).toEqual(route);
  });

  it('that makes no sense is the table of streams', () => {
    for (const hash of ['', '#', '#/', '#/nonsense', '#/__proto__/x', '#/%E0%A4%A']) {
      expect(routeOf(hash).view).toBe('streams');
    }
    expect(routeOf('#/events/%E0%A4%A')).toMatchObject({ view: 'events', stream: '%E0%A4%A' });
  });

  it('leads back one step at a time', () => {
    const open: Route = { view: 'events', stream: 's', item: '0:1-0', query };
    const list = parentOf(open);
    expect(list).toEqual({ view: 'events', stream: 's', query });
    expect(parentOf(list)).toEqual({ view: 'streams', stream: 's', query: {} });
    expect(parentOf(parentOf(list))).toEqual({ view: 'streams', query: {} });
    expect(parentOf({ view: 'dead-letters', stream: 's', item: 'g', query: { letter: '1' } })).toEqual({
      ...{ view: 'dead-letters', stream: 's', item: 'g', query: {} },
    });
  });
});
