import type { JsonValue } from '../dashboard-api.js';
import { oneLine } from './visible-text.js';

/** What stands in the place of a value; see `JsonValue`. */
export type Marker =
  | { readonly kind: 'personal' | 'erased' | 'deep' }
  | { readonly kind: 'truncated'; readonly length: number; readonly start: string }
  | { readonly kind: 'bigint' | 'bytes' | 'unreadable'; readonly text: string };

/** Reads a marker; `undefined` for a value that is none. */
export function markerOf(value: JsonValue): Marker | undefined {
  if (!isRecord(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  if (!entry || more.length > 0) return undefined;
  const [name, said] = entry;
  if (said === true && (name === '$personal' || name === '$erased' || name === '$deep')) {
    return { kind: MARKS[name] };
  }
  if (typeof said === 'string' && (name === '$bigint' || name === '$bytes' || name === '$unreadable')) {
    return { kind: TEXTS[name], text: said };
  }
  if (name !== '$truncated' || !isRecord(said)) return undefined;
  const { length, start } = said;
  if (typeof length !== 'number') return undefined;
  return { kind: 'truncated', length, start: typeof start === 'string' ? start : '' };
}

const MARKS = { $personal: 'personal', $erased: 'erased', $deep: 'deep' } as const;
const TEXTS = { $bigint: 'bigint', $bytes: 'bytes', $unreadable: 'unreadable' } as const;

/** What a list or a record holds, by name. */
export type Members = readonly (readonly [name: string, value: JsonValue])[];

/** What a list or a record holds; `undefined` for a leaf. */
export function membersOf(value: JsonValue): Members | undefined {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item, i) => [`${i}`, item]);
  return isRecord(value) ? Object.entries(value) : undefined;
}

/** One line about a value, never longer than `most`; looks at no more of it than that needs. */
export function preview(value: JsonValue, most = 90): string {
  const marker = markerOf(value);
  if (marker) return previewOfMarker(marker, most);
  if (typeof value === 'string') return `"${oneLine(value, most)}"`;
  if (value === null || typeof value !== 'object') return String(value);
  if (most < 12) return Array.isArray(value) ? '[…]' : '{…}';
  const isList = Array.isArray(value);
  let text = '';
  for (const [name, member] of someOf(value)) {
    const room = most - text.length - 4;
    if (room < 12) {
      text += ', …';
      break;
    }
    const label = isList ? '' : `${oneLine(name, 24)}: `;
    text += `${text && ', '}${label}${preview(member, Math.min(room - label.length, 48))}`;
  }
  return isList ? `[${text}]` : text ? `{ ${text} }` : '{}';
}

/** No line has room for more items of a list, however long that is. */
const ITEMS_IN_A_LINE = 100;

function someOf(value: JsonValue): Members {
  return membersOf(Array.isArray(value) ? (value as readonly JsonValue[]).slice(0, ITEMS_IN_A_LINE) : value) ?? [];
}

function previewOfMarker(marker: Marker, most: number): string {
  if (marker.kind === 'truncated') return `"${oneLine(marker.start, most)}…"`;
  return 'text' in marker ? oneLine(marker.text, most) : marker.kind;
}

function isRecord(value: JsonValue): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
