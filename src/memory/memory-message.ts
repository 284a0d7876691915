import type { Fields, FieldValue, Message } from '../core/index.js';

/**
 * Copies a message as a wire would: what either side changes afterwards, a buffer's bytes included, stays unseen by
 * the other, and properties that no message has are left behind. What was erased of it is not the producer's to say.
 */
export function copyMessage(
  message: Message,
  fields: Fields = copyFields(message.fields),
  erased: readonly string[] = [],
): Message {
  return {
    id: message.id,
    source: message.source,
    type: message.type,
    time: message.time,
    key: message.key,
    correlationId: message.correlationId,
    causationId: message.causationId,
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    contentType: message.contentType,
    headers: Object.assign(Object.create(null) as Record<string, string>, message.headers),
    fields,
    personal: [...message.personal],
    ...(erased.length > 0 && { erased: [...erased] }),
  };
}

/** Copies fields, all of them or those that are wanted. */
export function copyFields(fields: Fields, wanted: (name: string) => boolean = () => true): Fields {
  const copy = Object.create(null) as Record<string, FieldValue>;
  for (const [name, value] of Object.entries(fields)) {
    if (wanted(name)) copy[name] = copyValue(value);
  }
  return copy;
}

function copyValue(value: FieldValue): FieldValue {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Uint8Array.from(value) : { store: value.store, size: value.size };
}
