import { isUtf8 } from 'node:buffer';
import type { Fields, FieldValue } from './message.js';

const MOST_LEAVES = 10_000;
const DEEPEST = 64;
const SHORTEST_TEXT = 3;
const FEWEST_DIGITS = 4;

/**
 * Lists the values in an event's fields that tell something: texts of 3 or more characters and numbers of 4 or more
 * digits, each once, at most 10,000 of them down to 64 levels, those nearer to the surface first. A field that is no
 * JSON counts as one text.
 */
export function leafValues(fields: Fields): readonly string[] {
  const leaves = new Set<string>();
  let level = Object.values(fields).map(parsed);
  for (let depth = 0; depth <= DEEPEST && level.length > 0 && leaves.size < MOST_LEAVES; depth += 1) {
    level = below(level, leaves);
  }
  return [...leaves];
}

/** Takes the leaves of one level, and returns what lies under its other values. */
function below(level: readonly unknown[], leaves: Set<string>): unknown[] {
  const next: unknown[][] = [];
  for (const value of level) {
    if (leaves.size >= MOST_LEAVES) break;
    if (typeof value === 'string') addText(value, leaves);
    else if (typeof value === 'number') addNumber(value, leaves);
    else if (typeof value === 'object' && value !== null) next.push(Object.values(value));
  }
  return next.flat();
}

function addText(value: string, leaves: Set<string>): void {
  if (value.length < SHORTEST_TEXT) return;
  leaves.add(value);
  // As it stands in a message that shows the value as JSON.
  const escaped = JSON.stringify(value).slice(1, -1);
  if (escaped !== value) leaves.add(escaped);
}

function addNumber(value: number, leaves: Set<string>): void {
  const text = String(Math.abs(value));
  if (text.replace(/\D/g, '').length >= FEWEST_DIGITS) leaves.add(text);
}

function parsed(value: FieldValue): unknown {
  const text = textOf(value);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(value: FieldValue): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array && isUtf8(value) ? Buffer.from(value).toString('utf8') : undefined;
}
