import { describe, expect, it } from 'vitest';
import { memoryPayloadStore } from 'nest-event-backbone/memory';
import { payloadRouting, type PayloadRoute } from 'nest-event-backbone';
import { contract, opened, Orders } from './routed-orders.js';

describe('a routing is refused at the start', () => {
  it.each<[string, unknown, string]>([
    ['names a store that there is not', { to: ['files', 'glacier'] }, 'payloads.routes[0].to'],
    ['names no store', { to: [] }, 'payloads.routes[0].to'],
    ['names a store twice', { to: ['files', 'files'] }, 'payloads.routes[0].to'],
    ['has an unknown option', { to: 'files', ttl: 1 }, 'payloads.routes[0].ttl'],
    ['is no object', null, 'payloads.routes[0]'],
    ['has a time that is none', { to: 'files', ttlMs: 0 }, 'payloads.routes[0].ttlMs'],
    ['has a time for another store', { to: 'files', ttlMs: { cache: 1 } }, 'payloads.routes[0].ttlMs'],
    ['has a size that is none', { to: 'files', aboveBytes: -2 }, 'payloads.routes[0].aboveBytes'],
    ['has a contract that is no name', { to: 'files', contract: 'a:b' }, 'payloads.routes[0].contract'],
    [
      'has an event that its contract has not',
      { to: 'files', contract: Orders, event: 'sent' },
      'payloads.routes[0].event',
    ],
    ['has a field that no event has', { to: 'files', contract: Orders, fields: ['usr'] }, 'payloads.routes[0].fields'],
    ['has fields that are no names', { to: 'files', fields: ['.a'] }, 'payloads.routes[0].fields'],
    ['has other fields', { to: 'files', fields: 'large' }, 'payloads.routes[0].fields'],
  ])('when a route %s', (_, route, path) => {
    expect(() => opened([route as PayloadRoute])).toThrow(
      expect.objectContaining({ code: 'EB_OPTIONS', details: { path } }) as Error,
    );
  });

  it('when an argument names a store that there is not, also of a contract that is learnt later', () => {
    const stores = { archive: memoryPayloadStore() };
    expect(() => payloadRouting({ stores, contracts: [contract] })).toThrow(
      /@Stored of "plan" of Orders.paid .*"files".*archive/,
    );
    const routing = payloadRouting({ stores: {} });
    expect(() => routing.add(contract)).toThrow(/EB_OPTIONS.*"files", and there are none/);
  });

  it('when a store has a name that is none, or the limit is no number', () => {
    expect(() => payloadRouting({ stores: { 'a+b': memoryPayloadStore() } })).toThrow(/EB_NAME/);
    expect(() => payloadRouting({ stores: {}, maxArgumentBytes: 0 })).toThrow(/EB_OPTIONS/);
  });
});
