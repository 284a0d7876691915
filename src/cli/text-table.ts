import Table from 'cli-table3';
import { escaped } from './escaped.js';
import { fitted, widthOf } from './fitted.js';

/** One column of a table. */
export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** How far it may shrink where the terminal is narrow; by default it does not. */
  readonly least?: number;
}

/** How a table is shown. */
export interface TableLook {
  /** How many columns the terminal has; `Infinity` where nobody looks. */
  readonly width: number;
  readonly dim: (text: string) => string;
}

const GAP = 2;

/** Lays rows out as a table that is no wider than the terminal: what does not fit is cut, the widest column first. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], look: TableLook): string {
  const cells = rows.map((row) => row.map(escaped));
  const widths = shrunk(columns, naturalWidths(columns, cells), look.width);
  const cut = (row: readonly string[]) => row.map((cell, i) => fitted(cell, widths[i] ?? 0));
  const table = new Table({
    chars: NO_LINES,
    colAligns: columns.map(({ align = 'left' }) => align),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
  });
  table.push(cut(columns.map(({ head }) => head)).map((head) => look.dim(head)));
  for (const row of cells) table.push(cut(row));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ head }, i) => Math.max(widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))));
}

function shrunk(columns: readonly Column[], widths: number[], available: number): readonly number[] {
  const room = available - GAP * (columns.length - 1);
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const elastic = columns.flatMap(({ least }, i) => (least !== undefined && (widths[i] ?? 0) > least ? [i] : []));
    const widest = elastic.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Space is enough between columns, and is easy to copy. */
const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
