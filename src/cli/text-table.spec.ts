import { describe, expect, it } from 'vitest';
import { widthOf } from './fitted.js';
import { textTable, type Column } from './text-table.js';

const COLUMNS: readonly Column[] = [
  { head: 'stream', least: 8 },
  { head: 'error', least: 10 },
  { head: 'count', align: 'right' },
];
const ROWS = [
  ['orders', 'TypeError: it went wrong in so many words that no terminal is wide enough for them', '7'],
  ['shipment-tracking-of-all-parcels', 'Error: 世界世界世界世界世界世界世界世界世界世界', '12345'],
];
const dim = (text: string) => text;

describe('a table', () => {
  it.for([40, 80, 120])('fits into %i columns', (width) => {
    const lines = textTable(COLUMNS, ROWS, { width, dim }).split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
    expect(lines[2]).toMatch(/12345$/);
  });

  it('is as wide as it needs to be where nobody looks', () => {
    expect(textTable(COLUMNS, ROWS, { width: Infinity, dim })).toContain('wide enough for them');
  });

  it('shows what is in a cell, and obeys nothing of it', () => {
    const table = textTable([{ head: 'error' }], [['\u001b[31mred\nnext']], { width: 80, dim });
    expect(table).toBe(String.raw`error` + '\n' + String.raw`\u001b[31mred\u000anext`);
  });
});
