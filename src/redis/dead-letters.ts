import type { DeadLetter, DeadLetterKind, DeadLetterReason, Delivery, Stream } from '../core/index.js';
import type { Entry } from './record.js';

/** Writes a dead letter as the fields of a stream entry: a reference to the event and why it stands there. */
export function deadLetterFields({ position, message }: Delivery, reason: DeadLetterReason): string[] {
  const fields = ['position', position.id, 'kind', reason.kind, 'code', reason.code];
  fields.push('error', reason.error, 'attempts', String(reason.attempts));
  if (reason.stack !== undefined) fields.push('stack', reason.stack);
  if (message) fields.push('id', message.id, 'type', message.type, 'partitionkey', message.key);
  return fields;
}

/** Reads a dead letter back. */
export function readDeadLetter(stream: Stream, group: string, [id, entry]: Entry): DeadLetter {
  const known = new Map<string, string>();
  for (let i = 0; i + 1 < entry.length; i += 2) known.set(entry[i] as string, entry[i + 1] as string);
  return {
    id,
    stream,
    group,
    position: { partition: 0, id: known.get('position') ?? '0-0' },
    time: Number(id.split('-')[0]),
    kind: (known.get('kind') ?? 'failed') as DeadLetterKind,
    code: known.get('code') ?? '',
    error: known.get('error') ?? '',
    stack: known.get('stack'),
    attempts: Number(known.get('attempts') ?? 0),
    eventId: known.get('id'),
    type: known.get('type'),
    key: known.get('partitionkey'),
  };
}
