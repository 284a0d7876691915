import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = new Map(
  [...readme.matchAll(/```ts\n\/\/ src\/(\S+)\n([\s\S]*?)```/g)].map(([, name, code]) => [name, code]),
);

describe('the README', () => {
  it.for(readdirSync(new URL('../readme/', import.meta.url)))('shows %s as it is compiled', (name) => {
    expect(blocks.get(name)).toBe(readFileSync(new URL(`../readme/${name}`, import.meta.url), 'utf8'));
  });

  it('shows no file of the example that is not compiled', () => {
    expect([...blocks.keys()].sort()).toEqual(readdirSync(new URL('../readme/', import.meta.url)).sort());
  });

  it('stays under 300 lines', () => {
    expect(readme.split('\n').length).toBeLessThan(300);
  });
});

describe('docs/getting-started.md', () => {
  it('shows the test as it is run', () => {
    const page = readFileSync(new URL('../../docs/getting-started.md', import.meta.url), 'utf8');
    expect(page).toContain(readFileSync(new URL('order.spec.ts', import.meta.url), 'utf8'));
  });
});
