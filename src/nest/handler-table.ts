import type { FoundHandler } from './found-handler.js';

/** Lists what is handled where, aligned, one line for each handler: `TransitService.pack -> shipment-tracking.orderPlaced.v1 -> transit`. */
export function handlerTable(found: readonly FoundHandler[], isStarted: (group: string) => boolean): readonly string[] {
  const rows = found.map(({ where, event, group }) => {
    return {
      where,
      event: `${event.contract.name}.${event.type}`,
      group: isStarted(group) ? group : `${group} (not started)`,
    };
  });
  const width = (column: 'where' | 'event') => Math.max(0, ...rows.map((row) => row[column].length));
  return rows.map(
    (row) => `${row.where.padEnd(width('where'))} -> ${row.event.padEnd(width('event'))} -> ${row.group}`,
  );
}
