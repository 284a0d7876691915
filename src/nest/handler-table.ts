import type { FoundHandler } from './found-handler.js';
import type { LogLine } from './line-limit.js';

/**
 * Lists what is handled where, aligned, one line for each handler:
 * `TransitService.pack -> shipment-tracking.orderPlaced.v1 -> transit`.
 */
export function handlerTable(
  found: readonly FoundHandler[],
  isStarted: (group: string) => boolean,
): readonly Pick<LogLine, 'text' | 'data'>[] {
  const rows = found.map(({ where, event, group }) => {
    return {
      where,
      event: `${event.contract.name}.${event.type}`,
      group: isStarted(group) ? group : `${group} (not started)`,
      data: { handler: where, stream: event.contract.name, type: event.type, group, started: isStarted(group) },
    };
  });
  const width = (column: 'where' | 'event') => Math.max(0, ...rows.map((row) => row[column].length));
  return rows.map(({ where, event, group, data }) => {
    return { text: `${where.padEnd(width('where'))} -> ${event.padEnd(width('event'))} -> ${group}`, data };
  });
}
