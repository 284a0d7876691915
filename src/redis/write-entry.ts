import { BackboneError, DEFAULT_CONTENT_TYPE, isName, NO_HEADERS, type EventMetadata } from '../core/index.js';
import type { StoredFields } from './entry-format.js';

/**
 * Writes an event's metadata as the JSON text of its stream entry. What can be told from the rest is left out.
 *
 * @throws BackboneError `EB_ARGUMENT` for a type or a time that no reader would accept.
 */
export function writeEntry(event: EventMetadata, stored: StoredFields): string {
  const { id, type, source, time, contentType } = event;
  if (type === '') throw new BackboneError('EB_ARGUMENT', 'an event needs a type; nothing was stored');
  let json = `{"id":${quoted(id)},"type":${quoted(type)},"source":${quoted(source)},"time":"${isoTime(time)}"`;
  if (stored.plain > 0) json += `,"fields":${stored.plain}`;
  if (stored.personal > 0) json += `,"personal":${stored.personal}`;
  if (stored.large) json += ',"large":true';
  if (stored.binary.length > 0) json += `,"binary":${JSON.stringify(stored.binary)}`;
  if (stored.refs.length > 0) json += `,"refs":${JSON.stringify(stored.refs)}`;
  if (event.key !== id) json += `,"partitionkey":${JSON.stringify(event.key)}`;
  if (event.correlationId !== id) json += `,"correlationid":${JSON.stringify(event.correlationId)}`;
  if (event.causationId !== undefined) json += `,"causationid":${JSON.stringify(event.causationId)}`;
  if (event.traceparent !== undefined) json += `,"traceparent":${JSON.stringify(event.traceparent)}`;
  if (event.tracestate !== undefined) json += `,"tracestate":${JSON.stringify(event.tracestate)}`;
  if (contentType !== DEFAULT_CONTENT_TYPE) json += `,"datacontenttype":${JSON.stringify(contentType)}`;
  if (event.headers !== NO_HEADERS) json += `,"headers":${JSON.stringify(event.headers)}`;
  return `${json}}`;
}

/** Names hold no character that JSON would escape, and nearly all of these are names. */
function quoted(text: string): string {
  return isName(text) ? `"${text}"` : JSON.stringify(text);
}

function isoTime(time: number): string {
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new BackboneError('EB_ARGUMENT', 'the time of an event must be milliseconds since 1970; nothing was stored');
}
