import type { DeadLetter, DeadLetterKind, DeadLetterReason, Delivery, Stream } from '../core/index.js';
import type { Entry } from './record.js';

/** Where a dead letter stands: its partition and its own id in the partition's stream of them. */
export interface LetterPlace {
  readonly partition: number;
  readonly id: string;
}

/**
 * Writes a dead letter as the fields of a stream entry: a reference to the event and why it stands there, and in which
 * epoch of the group it parks its event's key, if it does.
 */
export function deadLetterFields(
  { position, message }: Delivery,
  reason: DeadLetterReason,
  parksIn: string | undefined,
): string[] {
  const fields = ['position', position.id, 'kind', reason.kind, 'code', reason.code];
  fields.push('error', reason.error, 'attempts', String(reason.attempts));
  if (reason.stack !== undefined) fields.push('stack', reason.stack);
  if (message) fields.push('id', message.id, 'type', message.type, 'partitionkey', message.key);
  if (message && parksIn !== undefined) fields.push('park', parksIn);
  return fields;
}

/** Reads a dead letter back. */
export function readDeadLetter(stream: Stream, group: string, partition: number, [id, entry]: Entry): DeadLetter {
  const known = letterFields(entry);
  return {
    id: `${partition}:${id}`,
    stream,
    group,
    position: { partition, id: known.get('position') ?? '0-0' },
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

/** Tells whether a dead letter parks this key in this epoch of its group. */
export function parksKey([, entry]: Entry, key: string, epoch: string): boolean {
  const known = letterFields(entry);
  return known.get('park') === epoch && known.get('partitionkey') === key;
}

/** Takes the id of a dead letter apart; nothing when it is not one that this channel gave out. */
export function letterPlace(id: string): LetterPlace | undefined {
  const [, partition, own] = /^(\d{1,5}):(\d{1,20}-\d{1,20})$/.exec(id) ?? [];
  return partition === undefined || own === undefined ? undefined : { partition: Number(partition), id: own };
}

function letterFields(entry: readonly string[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (let i = 0; i + 1 < entry.length; i += 2) known.set(entry[i] as string, entry[i + 1] as string);
  return known;
}
