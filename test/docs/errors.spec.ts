import { readFile } from 'node:fs/promises';
import { ERROR_CODES } from 'nest-event-backbone';
import { describe, expect, it } from 'vitest';

describe('the page about errors', async () => {
  const page = await textOf('../../docs/errors.md');
  const sections = page.split(/^## /m).slice(1);
  const headings = sections.map((section) => section.slice(0, section.indexOf('\n')));

  it('has a heading for every code, in their order, and for nothing else', () => {
    expect(headings).toEqual([...ERROR_CODES]);
  });

  it.each(ERROR_CODES)('explains %s in a few lines', (code) => {
    const section = sections.find((each) => each.startsWith(`${code}\n`)) ?? '';
    const lines = section
      .split('\n')
      .slice(1)
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(6);
  });

  it('names no code that does not exist', () => {
    const named = new Set(page.match(/EB_[A-Z_]+/g));
    expect([...named].filter((code) => !ERROR_CODES.some((known) => known === code))).toEqual([]);
  });

  it('shows code as it is compiled', async () => {
    const code = await textOf('../types/user-code.ts');
    const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);
    expect(blocks).toHaveLength(1);
    for (const block of blocks) expect(code).toContain(block);
  });
});

function textOf(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8');
}
