/** How an event's columns are selected, so that they can be read whatever parsers the client has. */
export function eventColumns(e: string, fields = `${e}.fields`, personal = `${e}.personal`): string {
  return [
    `${e}.position::text AS position, ${e}.id, ${e}.type, ${e}.key`,
    `round(extract(epoch FROM ${e}.time) * 1000)::text AS time`,
    `floor(extract(epoch FROM ${e}.appended_at) * 1000)::text AS appended_at`,
    `${e}.metadata::text AS metadata, (${fields})::text AS fields, (${personal})::text AS personal`,
  ].join(', ');
}
