import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe.for([
  ['README.md', 'readme'],
  ['docs/handling.md', 'handling'],
  ['docs/projections.md', 'projections/page'],
  ['docs/reading.md', 'history/page'],
  ['docs/payload-routing.md', 'payloads/page'],
  ['docs/observability.md', 'otel/page'],
  ['docs/operations.md', 'nest/health-page'],
  ['docs/privacy.md', 'privacy/page'],
  ['docs/replay.md', 'replay/page'],
  ['docs/schema.md', 'schema/page'],
  ['docs/bridge.md', 'bridge/page'],
  ['docs/migrating.md', 'bridge/moving'],
  ['docs/versions.md', 'schema/versions-page'],
  ['docs/dashboard.md', 'dashboard/example'],
  ['docs/from-nest-microservices.md', 'from-nest-microservices'],
] as const)('%s', ([page, folder]) => {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const examples = new URL(`../${folder}/`, import.meta.url);
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const blocks = new Map(
    [...text.matchAll(/```ts\n\/\/ (?:src\/)?(\S+\.ts)\n([\s\S]*?)```/g)].map(([, name, code]) => [name, code]),
  );

  it.for(files)('shows %s as it is compiled', (name) => {
    expect(blocks.get(name)).toBe(readFileSync(new URL(name, examples), 'utf8'));
  });

  it('shows no file of the example that is not compiled', () => {
    expect([...blocks.keys()].sort()).toEqual(files.sort());
  });
});

describe('the README', () => {
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
