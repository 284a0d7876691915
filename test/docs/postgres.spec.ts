import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Without indentation, which differs. */
const lines = (text: string) => text.split('\n').map((line) => line.trim());

describe('docs/postgres.md', () => {
  it.each([
    ['TypeORM', 'test/recipes/typeorm.ts', 'transaction: entities'],
    ['Drizzle', 'test/recipes/drizzle.ts', 'queryable(tx)'],
    ['the relay', 'test/recipes/outbox.module.ts', 'RelayModule.forRoot'],
  ])('shows %s as it is compiled', (_, file, mark) => {
    const blocks = [...read('docs/postgres.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
    const shown = blocks.filter((code) => code.includes(mark));
    const compiled = new Set(lines(read(file)));
    expect(shown).toHaveLength(1);
    expect(lines(shown.join('')).filter((line) => !compiled.has(line))).toEqual([]);
  });
});
