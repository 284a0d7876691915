import type { DeadLetterReason } from '../core/index.js';
import type { KafkaRecord, PartitionOffset, StoredRecord } from './kafka-driver.js';

/** Since when a group exists and where it begins; a reset writes the next one. */
export interface EpochFact {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly start: readonly PartitionOffset[];
  /** The group has committed: from now on missing offsets are lost ones. */
  readonly begun: boolean;
  /** Up to where, exclusively, the group had finished partitions when resets moved it back. */
  readonly replays?: readonly PartitionOffset[];
}

/** A member that handles a type was here. */
export interface TypeFact {
  readonly kind: 'type';
  readonly type: string;
  readonly heardAt: number;
}

/** A dead letter. Its record also holds the whole event. */
export interface LetterFact {
  readonly kind: 'letter';
  readonly partition: number;
  readonly offset: bigint;
  readonly appendedAt: number;
  readonly eventId: string | undefined;
  readonly type: string | undefined;
  readonly key: string | undefined;
  readonly reason: DeadLetterReason;
  readonly time: number;
}

/** What is kept about a group. */
export type GroupFact = EpochFact | TypeFact | LetterFact;

/** Where a fact stands in the compacted topic: a newer record of the same place takes its stead. */
export interface FactPlace {
  readonly group: string;
  readonly kind: GroupFact['kind'];
  /** The epoch's number, the type, or the letter's id. Epochs do not replace each other: a late one must not undo a reset. */
  readonly id: string;
}

const FACT_HEADER = 'eb_fact';
const KEY_HEADER = 'eb_key';

/** The id of a dead letter. */
export function letterId({ partition, offset }: { readonly partition: number; readonly offset: bigint }): string {
  return `${partition}-${offset}`;
}

/** Writes a fact; a dead letter with the record it is about. */
export function factRecord(group: string, fact: GroupFact, copied?: StoredRecord): KafkaRecord {
  const id = fact.kind === 'epoch' ? String(fact.epoch) : fact.kind === 'type' ? fact.type : letterId(fact);
  return {
    partition: 0,
    key: Buffer.from(`${group}/${fact.kind}/${id}`),
    value: copied?.value ?? Buffer.from('{}'),
    headers: {
      ...copied?.headers,
      [FACT_HEADER]: Buffer.from(
        JSON.stringify(fact, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
      ),
      ...(copied?.key && { [KEY_HEADER]: copied.key }),
    },
  };
}

/** Removes a fact. */
export function removalRecord({ group, kind, id }: FactPlace): KafkaRecord {
  return { partition: 0, key: Buffer.from(`${group}/${kind}/${id}`), value: null, headers: {} };
}

/** Which fact a record is about; nothing for records of others. */
export function factPlace({ key }: Pick<StoredRecord, 'key'>): FactPlace | undefined {
  const [group, kind, ...rest] = (key?.toString() ?? '').split('/');
  if (group === undefined || group === '') return undefined;
  return kind === 'epoch' || kind === 'type' || kind === 'letter' ? { group, kind, id: rest.join('/') } : undefined;
}

/** Reads a fact; nothing for a removal, and for what is none. */
export function readFact({ value, headers }: Pick<StoredRecord, 'value' | 'headers'>): GroupFact | undefined {
  const json = value === null ? undefined : headers[FACT_HEADER]?.toString();
  if (json === undefined) return undefined;
  try {
    const fact = JSON.parse(json, revived) as GroupFact;
    return typeof fact === 'object' && 'kind' in fact ? fact : undefined;
  } catch {
    return undefined;
  }
}

/** The record that a dead letter is about, as it stood in its stream. */
export function copiedRecord(stored: StoredRecord, { partition, offset, appendedAt }: LetterFact): StoredRecord {
  const headers = { ...stored.headers };
  const key = headers[KEY_HEADER] ?? null;
  Reflect.deleteProperty(headers, FACT_HEADER);
  Reflect.deleteProperty(headers, KEY_HEADER);
  return { partition, offset, timestamp: appendedAt, key, value: stored.value, headers };
}

function revived(name: string, value: unknown): unknown {
  return name === 'offset' && typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : value;
}
