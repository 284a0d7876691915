import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const lines = (text: string) => text.split('\n').map((line) => line.trim());

it('docs/payload-stores.md shows code that is compiled', () => {
  const blocks = [...read('../../docs/payload-stores.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  const compiled = lines(read('./set-up.ts')).join('\n');
  expect(blocks).toHaveLength(3);
  for (const block of blocks) expect(compiled).toContain(lines(block.trimEnd()).join('\n'));
});
