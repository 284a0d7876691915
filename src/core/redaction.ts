import { leafValues } from './leaf-values.js';
import type { Fields } from './message.js';
import { secretsIn } from './secrets-in.js';

const ARGUMENT = 1;
const SECRET = 2;
const LABELS: readonly string[] = ['', '[argument]', '***'];
/** Characters to compare, one argument after another; far above what an ordinary error takes. */
const MOST_WORK = 200_000_000;

/**
 * Gives a text without what must not be kept beside an event: credentials in URLs, what follows words such as password or
 * token, e-mail addresses, and the event's own arguments: every text of 3 or more characters and every number of 4 or
 * more digits in its fields. Takes time in proportion to the text, and never throws.
 */
export function redactedText(text: string, fields?: Fields): string {
  const leaves = fields === undefined ? [] : leafValues(fields);
  if (leaves.length * text.length > MOST_WORK) return '[a text that is too long to look for arguments in it]';
  // Marked first and replaced once: a replacement must not hide, nor be taken for, another value.
  const marks = new Uint8Array(text.length);
  for (const leaf of leaves) markAll(text, leaf, marks);
  for (const { start, end } of secretsIn(text)) marks.fill(SECRET, start, end);
  return replaced(text, marks);
}

function markAll(text: string, leaf: string, marks: Uint8Array): void {
  for (let at = text.indexOf(leaf); at >= 0; at = text.indexOf(leaf, at + leaf.length)) {
    marks.fill(ARGUMENT, at, at + leaf.length);
  }
}

/** Marks that touch become one replacement, so that it does not tell how many there were. */
function replaced(text: string, marks: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let label = marks[start] ?? 0;
    let end = start + 1;
    while (end < text.length && (marks[end] !== 0) === (label !== 0)) {
      if (marks[end] === ARGUMENT) label = ARGUMENT;
      end += 1;
    }
    parts.push(label === 0 ? text.slice(start, end) : (LABELS[label] ?? ''));
    start = end;
  }
  return parts.join('');
}
