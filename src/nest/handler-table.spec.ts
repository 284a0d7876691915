import { describe, expect, it } from 'vitest';
import type { FoundHandler } from './found-handler.js';
import { handlerTable } from './handler-table.js';

const found = [
  {
    where: 'TransitService.pack',
    event: { contract: { name: 'shipment-tracking' }, type: 'orderPlaced.v1' },
    group: 'transit',
  },
  { where: 'Audit.all', event: { contract: { name: 'users' }, type: 'added.v2' }, group: 'audit' },
] as unknown as FoundHandler[];

describe('the table of handlers', () => {
  it('has one aligned line for each handler, and marks groups that are not started', () => {
    const rows = handlerTable(found, (group) => group === 'transit');
    expect(rows.map(({ text }) => text)).toEqual([
      'TransitService.pack -> shipment-tracking.orderPlaced.v1 -> transit',
      'Audit.all           -> users.added.v2                   -> audit (not started)',
    ]);
    expect(rows[1]?.data).toEqual({
      ...{ handler: 'Audit.all', stream: 'users', type: 'added.v2', group: 'audit', started: false },
    });
  });

  it('is empty without handlers', () => {
    expect(handlerTable([], () => true)).toEqual([]);
  });
});
